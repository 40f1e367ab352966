import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { RuleAlert } from "./rules";
import { keyOf, type Labels } from "./store";

export interface Webhook {
  url: string;
  /** Holds the bearer token. It is read for each request, so that a new token needs no restart. */
  tokenFile: string;
}

/** As the demo's Alertmanager is set: news of a group at once, then every five seconds, and again after an hour. */
const GROUP_INTERVAL_MS = 5_000;
const REPEAT_MS = 3_600_000;
const WITHIN_MS = 5_000;
const NO_END = "0001-01-01T00:00:00Z";

/** What a service's receiver was last told, of which alerts it knows that they fire, and when it was last tried. */
interface Group {
  told: string;
  toldAt: number;
  triedAt: number;
  begun: Set<string>;
}

/**
 * Tells a webhook of alerts as Alertmanager does (webhook version 4), grouped by service. A group is told when one of its alerts
 * began to fire or ended since it was last told; what could not be told is told again.
 */
export function createAlertSender(webhook: Webhook, externalUrl: string, say: (line: string) => void) {
  const groups = new Map<string, Group>();

  async function turn(alerts: RuleAlert[], now: number): Promise<void> {
    const byService = new Map<string, RuleAlert[]>();
    for (const alert of alerts) {
      if (alert.state === "pending") continue;
      const service = alert.labels["service"] ?? "";
      byService.set(service, [...(byService.get(service) ?? []), alert]);
    }
    await Promise.all([...byService].map(([service, all]) => tell(service, all, now)));
  }

  async function tell(service: string, all: RuleAlert[], now: number): Promise<void> {
    const group = groups.get(service) ?? { told: "", toldAt: -Infinity, triedAt: -Infinity, begun: new Set() };
    groups.set(service, group);
    // An end that was told once is not told again, and one whose beginning nobody heard of is no news.
    const news = all.filter((a) => a.state === "firing" || group.begun.has(identity(a)));
    const state = news.map((a) => `${identity(a)} ${a.state}`).toSorted().join("\n"); // prettier-ignore
    const firing = news.filter((a) => a.state === "firing");
    const told = firing.map((a) => `${identity(a)} firing`).toSorted().join("\n"); // prettier-ignore
    const begun = new Set(firing.map(identity));
    const due = state !== group.told || (news.length > 0 && now - group.toldAt >= REPEAT_MS);
    if (!due || news.length === 0 || now - group.triedAt < GROUP_INTERVAL_MS) return;
    group.triedAt = now;
    try {
      await post(service, news);
    } catch (error) {
      say(
        `alerts of ${service || "no service"} could not be sent: ${error instanceof Error ? error.message : String(error)}`,
      );
      return;
    }
    Object.assign(group, { told, begun, toldAt: now });
  }

  async function post(service: string, alerts: RuleAlert[]): Promise<void> {
    const body = {
      version: "4",
      groupKey: `{}:{service=${JSON.stringify(service)}}`,
      truncatedAlerts: 0,
      status: alerts.some((a) => a.state === "firing") ? "firing" : "resolved",
      receiver: "sentinel",
      groupLabels: { service },
      commonLabels: common(alerts.map((a) => a.labels)),
      commonAnnotations: common(alerts.map((a) => a.annotations)),
      externalURL: externalUrl,
      alerts: alerts.map((a) => ({
        status: a.state,
        labels: a.labels,
        annotations: a.annotations,
        startsAt: new Date(a.firedAt ?? a.activeAt).toISOString(),
        endsAt: a.endedAt === null ? NO_END : new Date(a.endedAt).toISOString(),
        generatorURL: `${externalUrl}/graph?g0.expr=${encodeURIComponent(a.rule.query)}`,
        fingerprint: fingerprint(a.labels),
      })),
    };
    const answer = await fetch(webhook.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${readFileSync(webhook.tokenFile, "utf8").trim()}`,
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`the webhook answered ${answer.status}`);
  }
  return { turn };
}

/** One occurrence of an alert. */
const identity = (alert: RuleAlert) => `${fingerprint(alert.labels)} ${alert.firedAt}`;

/** Sixteen hex digits that are equal for equal labels. */
const fingerprint = (labels: Labels) => createHash("sha256").update(keyOf(labels)).digest("hex").slice(0, 16);

const common = (all: Labels[]): Labels =>
  Object.fromEntries(Object.entries(all[0] ?? {}).filter(([name, value]) => all.every((one) => one[name] === value)));
