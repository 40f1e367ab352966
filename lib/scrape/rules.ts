import { z } from "zod";
import { evaluate } from "./evaluate";
import { type Expr, parsePromql, readDuration } from "./promql";
import { keyOf, type Labels, NAME, type Store } from "./store";

const words = z.record(z.string(), z.string()).default({});
const RuleFile = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          for: z.string().default("0s"),
          labels: words,
          annotations: words,
        }),
      ),
    }),
  ),
});

export interface AlertRule {
  group: string;
  name: string;
  query: string;
  expr: Expr;
  /** How long it has to hold before it fires, ms. */
  holdMs: number;
  labels: Labels;
  annotations: Labels;
}

/**
 * Reads a Prometheus rule file that is written as JSON (which is YAML). Throws naming what is not a rule, or not spoken here:
 * a recording rule, other PromQL, a template that does more than name a label or the value.
 */
export function readRules(text: string): AlertRule[] {
  return RuleFile.parse(JSON.parse(text)).groups.flatMap(({ name: group, rules }) =>
    rules.map((rule) => {
      for (const template of Object.values(rule.annotations)) expand(template, {}, 0);
      return {
        group,
        name: rule.alert,
        query: rule.expr,
        expr: parsePromql(rule.expr),
        holdMs: readDuration(rule.for),
        labels: rule.labels,
        annotations: rule.annotations,
      };
    }),
  );
}

/** One alert of a rule: it waits, fires, or has ended (then it is told, and forgotten after a while). */
export interface RuleAlert {
  rule: AlertRule;
  labels: Labels;
  annotations: Labels;
  value: number;
  state: "pending" | "firing" | "resolved";
  /** Epoch ms: since when it holds, since when it fires, and when it ended. */
  activeAt: number;
  firedAt: number | null;
  endedAt: number | null;
}

/** Ended alerts are remembered for as long as their end may have to be told again. */
const REMEMBERED_MS = 15 * 60_000;

/** Alerts of these rules over time. `turn` evaluates them all at one moment (epoch ms). */
export function createAlerts(rules: AlertRule[], store: Store) {
  const alerts = new Map<string, RuleAlert>();

  function turn(now: number): void {
    const holding = new Set<string>();
    for (const rule of rules) {
      const value = evaluate(rule.expr, now, store);
      for (const point of value.kind === "vector" ? value.points : []) {
        const { [NAME]: _, ...own } = point.labels;
        const labels = { ...own, ...rule.labels, alertname: rule.name };
        const key = keyOf(labels);
        holding.add(key);
        const known = alerts.get(key);
        const alert: RuleAlert =
          known && known.state !== "resolved"
            ? known
            : {
                rule,
                labels,
                annotations: {},
                value: 0,
                state: "pending",
                activeAt: now,
                firedAt: null,
                endedAt: null,
              };
        alert.value = point.value;
        alert.annotations = Object.fromEntries(
          Object.entries(rule.annotations).map(([name, text]) => [name, expand(text, labels, point.value)]),
        );
        if (alert.state === "pending" && now - alert.activeAt >= rule.holdMs) {
          alert.state = "firing";
          alert.firedAt = now;
        }
        alerts.set(key, alert);
      }
    }
    for (const [key, alert] of alerts) {
      if (holding.has(key)) continue;
      if (alert.state === "pending") alerts.delete(key);
      else if (alert.state === "firing") Object.assign(alert, { state: "resolved", endedAt: now });
      else if (now - (alert.endedAt ?? now) > REMEMBERED_MS) alerts.delete(key);
    }
  }
  return { turn, list: (): RuleAlert[] => [...alerts.values()] };
}

/** `{{ $labels.x }}` and `{{ $value }}`. Throws for any other template. */
function expand(template: string, labels: Labels, value: number): string {
  return template.replace(/\{\{([^{}]*)\}\}/g, (_, inside: string) => {
    const label = /^\s*\$labels\.(\w+)\s*$/.exec(inside)?.[1];
    if (label) return labels[label] ?? "";
    if (inside.trim() === "$value") return String(value);
    throw new Error(`the template {{${inside}}} is not supported by the built-in scraper`);
  });
}
