import type { Anomaly } from "../detection/anomaly";
import type { SharedCause } from "./fleet";
import { stratumClass } from "../detection/strata";
import type { AnomalyType } from "../base/vocabulary";

/** What a slow or failing dependency looks like from an agent. Anything else is the agent's own, and never waits. */
export const WAITS_FOR_FLEET: ReadonlySet<AnomalyType> = new Set<AnomalyType>([
  "latency_spike",
  "error_rate_spike",
  "high_retry_rate",
]);
/** What a dependency known to be slow or failing brings about besides: runs hang, calls return nothing, caches go cold. */
const FOLLOWS: ReadonlySet<AnomalyType> = new Set<AnomalyType>([
  "stuck_run",
  "silence",
  "vanished_work",
  "cache_collapse",
]);

/**
 * Whether a shared cause accounts for an anomaly of one of its members: the member's own calls to what is shared are slow
 * or failing, or it is what follows from that. Anything else (loops, floods of tokens or tool calls, spending) is the agent's own.
 * An anomaly of totals or of whole runs does not say which calls it was, and is taken for the shared ones. Where agents of one key
 * are slow whatever they call, any of their slowness is accounted for, and no failure.
 */
export function accountsFor(
  cause: Pick<SharedCause, "dimension" | "value">,
  anomaly: Pick<Anomaly, "type" | "stratum">,
): boolean {
  if (FOLLOWS.has(anomaly.type)) return true;
  if (!WAITS_FOR_FLEET.has(anomaly.type)) return false;
  if (cause.dimension === "key") return anomaly.type === "latency_spike";
  const { stratum } = anomaly;
  if (cause.dimension === "tool") return isTool(stratum) ? isCallOf(stratum, cause.value) : !isModel(stratum);
  return !isTool(stratum);
}

const isTool = (stratum: string) => stratum.startsWith("tool_call|");
const isModel = (stratum: string) => stratum.startsWith("model_call|");
const isCallOf = (stratum: string, tool: string) => stratum.startsWith(`${stratumClass("tool_call", tool)}|`);

/**
 * Which of an agent's tools a stratum's calls go to: none (empty) when they are not tool calls, null when they are but to a
 * tool that is not listed.
 */
export function toolsIn(stratum: string, tools: readonly string[]): string[] | null {
  if (!isTool(stratum)) return [];
  const [longest] = tools.filter((tool) => isCallOf(stratum, tool)).toSorted((a, b) => b.length - a.length);
  return longest === undefined ? null : [longest];
}
