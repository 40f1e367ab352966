import type { Anomaly, DetectSettings, Observation } from "./anomaly";
import type { DetectorState, Level, OpenRun } from "./detector-state";
import { alone, levelOf } from "./budget";
import { absorb, createLane } from "./lane";
import { marksOf, take, type Telling, TELLINGS, type Trail } from "./repetition";
import { severityOf } from "./severity";
import { reading, valueAt } from "./sketch";

/** Weight of each way of telling repeats in the false-alarm budget. */
const WEIGHTS: Record<Telling, number> = { pair: 2, result: 1, size: 1 };
/** Share of repeats assumed of an agent not yet known. Only an action with its very result is telling enough to be judged from the first run. */
const ASSUMED: Record<Telling, number | null> = { pair: 0.05, result: null, size: null };
/** Runs of fewer steps say nothing about an agent's usual share. */
const STEPS_MIN = 3;
/** Smallest believable spread of a run's share. */
const SHARE_GAP = 0.02;
/** The usual share is that of the upper third of runs, z = 0.6: up to a quarter of sick runs in the record cannot raise it. */
const USUAL_Z = 0.6;

/** Evidence below which circling has stopped. */
const QUIET = 10;

/** Agents whose runs usually repeat more than this do so by nature: their repeats are samples like others. */
const BY_NATURE = 0.3;

/**
 * Judge one event for repetition, within its run if it has one. `again`: the step is the same call as an earlier one, so
 * that its sizes and costs are no new evidence.
 */
export function judgeCircling(
  state: DetectorState,
  run: OpenRun | null,
  o: Observation,
  settings: DetectSettings,
): { anomaly: Anomaly | null; again: boolean } {
  if (o.kind === "run_end" && run !== null) return { anomaly: null, again: false };
  const marks = marksOf({
    kind: o.tool ?? o.stepKind ?? "",
    actionHash: o.actionHash,
    resultHash: o.resultHash,
    inputTokens: run === null ? null : (o.values.input_tokens ?? null),
  });
  const trail = run?.trail ?? state.trail;
  const fired = run?.fired ?? state.fired;
  let found: Anomaly | null = null;
  let again = false;
  let worst = 0;
  for (const by of TELLINGS) {
    const place = marks[by];
    if (place === undefined) continue;
    const usual = usualShare(state, by);
    const repeat = take(trail, by, place, usual);
    if (usual === null) continue;
    if (repeat && by !== "result" && usual < BY_NATURE) again = true;
    const threshold = alone(state, WEIGHTS[by], settings);
    const statistic = Math.log(trail.r[by]);
    const level = levelOf(statistic, threshold);
    worst = Math.max(worst, trail.r[by]);
    if (level <= (fired["repetition"] ?? 0)) continue;
    fired["repetition"] = level;
    state.circled = { ...state.circled, [by]: trail.repeats[by] / trail.steps[by] };
    found = anomaly(trail, by, level, usual, statistic, threshold, o);
  }
  // A run's mark ends with the run; outside of runs, circling that has stopped may be told again.
  if (run === null && worst < QUIET && Object.keys(marks).length > 0) delete fired["repetition"];
  return { anomaly: found, again };
}

function usualShare(state: DetectorState, by: Telling): number | null {
  const lane = state.totals[`repeats_${by}`];
  const known = lane === undefined ? null : reading(lane.sketch, SHARE_GAP);
  const accepted = state.accepted[by] ?? 0;
  const assumed = ASSUMED[by];
  if (known === null) return assumed === null ? null : Math.max(assumed, accepted);
  return Math.max(valueAt(known, USUAL_Z), assumed ?? 0, accepted);
}

/** Learn the shares of repeats of a run that ended. */
export function learnCircling(state: DetectorState, trail: Trail): void {
  for (const by of TELLINGS) {
    if (trail.steps[by] < STEPS_MIN) continue;
    const lane = (state.totals[`repeats_${by}`] ??= createLane("up"));
    absorb(lane, trail.repeats[by] / trail.steps[by], SHARE_GAP);
  }
}

function anomaly(
  trail: Trail,
  by: Telling,
  level: Level,
  usual: number,
  statistic: number,
  threshold: number,
  o: Observation,
): Anomaly {
  const share = trail.repeats[by] / trail.steps[by];
  return {
    type: "repetition",
    metric: "repetition",
    stratum: o.runId === null ? "agent" : "run",
    verdict: level === 2 ? "quarantine" : "watch",
    severity: severityOf(statistic / threshold, share / usual),
    at: o.at,
    seq: o.seq,
    value: trail.repeats[by],
    expected: { low: 0, mid: usual * trail.steps[by], high: usual * trail.steps[by] },
    evidence: "accumulated",
    statistic,
    threshold,
    effect: share / usual,
    samples: trail.repeats[by],
    runId: o.runId,
    detail: { told_by: by, steps: trail.steps[by], action: o.actionHash, result: o.resultHash },
  };
}
