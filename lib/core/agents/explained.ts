import type { Anomaly } from "../detection/anomaly";
import type { SharedCause } from "./fleet";
import { stratumClass } from "../detection/strata";
import type { AnomalyType } from "../base/vocabulary";

/**
 * What a slow or failing dependency looks like from an agent. Anything else is the agent's own, and never waits. A call is only reported
 * once it ends, so that the first that is seen of a dependency that has become very slow is that runs hang.
 */
export const WAITS_FOR_FLEET: ReadonlySet<AnomalyType> = new Set<AnomalyType>([
  "latency_spike",
  "error_rate_spike",
  "high_retry_rate",
  "stuck_run",
]);
/** What a dependency known to be slow or failing brings about besides: runs hang, calls return nothing, caches go cold. */
const FOLLOWS: ReadonlySet<AnomalyType> = new Set<AnomalyType>(["silence", "vanished_work", "cache_collapse"]);

/** The share of a hang that others have to show for what they share to be its cause: a hang is told again when it is twice as long. */
const AS_LONG = 0.5;

/**
 * Whether what another agent shows is what one run hangs of, if they share a dependency: since the run was last heard, or up to `windowMs`
 * before, one of its calls took, or one of its runs has hung, at least half as long, or half as many times what is usual for it. So does a
 * run of it that hung later and may hang still: it will not be told of again before it has hung twice as long. A run that goes on hanging while
 * the calls of others end sooner hangs of something else.
 */
export function isHangOf(
  hang: Pick<Anomaly, "at" | "value" | "effect">,
  other: Pick<Anomaly, "type" | "at" | "value" | "effect">,
  windowMs: number,
): boolean {
  if (other.type !== "latency_spike" && other.type !== "stuck_run") return false;
  if (other.at < hang.at - hang.value - windowMs) return false;
  const mayHangStill = other.type === "stuck_run" && other.at + other.value >= hang.at;
  return mayHangStill || other.value >= AS_LONG * hang.value || other.effect >= AS_LONG * hang.effect;
}

/**
 * Whether a shared cause accounts for an anomaly of one of its members: the member's own calls to what is shared are slow
 * or failing, or it is what follows from that. Anything else (loops, floods of tokens or tool calls, spending) is the agent's own.
 * An anomaly of totals or of whole runs does not say which calls it was, and is taken for the shared ones. Where agents of one key
 * are slow whatever they call, any of their slowness is accounted for, and no failure. A hang may be accounted for by any cause: whether it
 * is depends on what others show of it (`isHangOf`).
 */
export function accountsFor(
  cause: Pick<SharedCause, "dimension" | "value">,
  anomaly: Pick<Anomaly, "type" | "stratum">,
): boolean {
  if (FOLLOWS.has(anomaly.type) || anomaly.type === "stuck_run") return true;
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
