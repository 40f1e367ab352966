import {
  buildPrior,
  createDetector,
  declareChange,
  DEFAULT_DETECT_SETTINGS,
  type DetectSettings,
  observe,
  resetEvidence,
  summarise,
  type TypePrior,
} from "@/lib/core/detection/detect";
import { type Fault, healthyAgent, observation } from "./generate";

/** Whether an event's anomalies would contain a lone agent (nobody shares its cause, so `suspect` turns into a hold). */
const contains = (anomalies: { verdict: string }[]) => anomalies.some((a) => a.verdict !== "watch");

/** Samples until a healthy agent is first held, or null if it never is. */
export function firstHold(
  seed: number,
  logSd: number,
  samples: number,
  settings = DEFAULT_DETECT_SETTINGS,
): number | null {
  const agent = healthyAgent(seed, logSd);
  const state = createDetector();
  for (let i = 0; i < samples; i++)
    if (contains(observe(state, observation(i, { ...agent() }), settings, null))) return i;
  return null;
}

/** Samples from the fault's start to the first hold, 1 being at once; null if none within `limit`. Holds before the fault are reset. */
export function delay(
  o: {
    seed: number;
    logSd: number;
    healthy: number;
    fault: Fault;
    limit: number;
    prior?: TypePrior | null;
    announce?: boolean;
  },
  settings: DetectSettings = DEFAULT_DETECT_SETTINGS,
): number | null {
  const agent = healthyAgent(o.seed, o.logSd);
  const state = createDetector();
  for (let i = 0; i < o.healthy; i++) {
    if (contains(observe(state, observation(i, { ...agent() }), settings, o.prior ?? null))) resetEvidence(state);
  }
  if (o.announce) declareChange(state, { at: o.healthy * 1000, kind: "config" });
  for (let n = 0; n < o.limit; n++) {
    const i = o.healthy + n;
    if (contains(observe(state, observation(i, { ...o.fault(agent(), n) }), settings, o.prior ?? null))) return n + 1;
  }
  return null;
}

/** The prior that `peers` healthy agents of a type lend a newcomer. */
export function peerPrior(peers: number, logSd: number, samples: number, seed: number): TypePrior | null {
  const summaries = Array.from({ length: peers }, (_, p) => {
    const agent = healthyAgent(seed + p, logSd);
    const state = createDetector();
    for (let i = 0; i < samples; i++) observe(state, observation(i, { ...agent() }), DEFAULT_DETECT_SETTINGS, null);
    return summarise(state);
  });
  return buildPrior(summaries);
}
