import { amount } from "@/lib/core/base/amounts";
import type { LogLine } from "@/lib/core/evidence/bundle";
import { firingText, marked } from "@/lib/core/evidence/bundle-marks";
import { listFiringOf } from "@/lib/db/queries/alerts";
import { listEdges } from "@/lib/db/queries/services";
import { listSignals, type Signal } from "@/lib/db/queries/signals";
import { signalTitle } from "@/lib/core/services/signals";
import type { ServiceContext } from "./context";

/** Alerts of one service that are read out: a storm says the same many times. */
const ALERTS_EACH = 5;
/** Callers in trouble from which on what they all call is spoken of, and their share of all that call it. */
const MIN_CALLERS = 3;
const MIN_SHARE = 0.5;

/**
 * What is known of services at this moment, as lines of evidence among the logs: signals that are out of band, alerts that
 * fire, and, of what many services call, how many of those are in trouble. Texts of alerts are untrusted.
 */
export async function stateLines({ db, now }: ServiceContext, nodes: readonly string[]): Promise<LogLine[]> {
  const [signals, firing, edges] = await Promise.all([listSignals(db, nodes), listFiringOf(db), listEdges(db)]);
  const t = now / 1_000;
  const line = (node: string, text: string): LogLine => ({ t, node, line: marked("state", text) });
  return nodes.flatMap((node) => {
    const callers = new Set(edges.flatMap(([caller, callee]) => (callee === node ? [caller] : [])));
    const troubled = [...callers].filter((caller) => firing.has(caller));
    const shared = troubled.length >= MIN_CALLERS && troubled.length >= MIN_SHARE * callers.size;
    return [
      ...signals.filter(({ serviceId }) => serviceId === node).flatMap((signal) => signalText(signal) ?? []),
      // What Sentinel itself alerts on are these very signals.
      ...(firing.get(node) ?? [])
        .filter(({ labels }) => labels["signal"] === undefined)
        .slice(0, ALERTS_EACH)
        .map(({ name, summary }) => firingText(name, summary)),
      ...(shared
        ? [
            `unavailable or failing for its callers: alerts fire on ${troubled.length} of the ${callers.size} services that call it`,
          ]
        : []),
    ].map((text) => line(node, text));
  });
}

/** The word that an operator would use for each signal when it is abnormal. */
const ILL: Readonly<Record<string, string>> = {
  cpu: "saturated",
  latency_p90: "slow",
  errors: "failing",
  memory: "grows",
  requests: "unusual traffic",
};

function signalText({ name, state, value, unit, upper, lower, expected, detail }: Signal): string | null {
  if (value === null || (state !== "over_limit" && state !== "out_of_band")) return null;
  // Of what does not answer it cannot be said that its operations fail.
  if (name === "up") return value > 0 && detail ? detail : "unresponsive: every scrape goes unanswered";
  const bound =
    state === "over_limit" ? (upper ?? lower) : value > (expected?.mid ?? 0) ? expected?.high : expected?.low;
  const is = `${signalTitle(name)} ${ILL[name] ?? "unusual"}: ${amount(value, unit)}`;
  if (bound === null || bound === undefined) return is;
  return `${is} ${value > bound ? "exceeds" : "has dropped below"} ${amount(bound, unit)}`;
}
