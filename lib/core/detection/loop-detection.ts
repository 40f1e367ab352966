import type { Anomaly, DetectSettings, Observation } from "./anomaly";
import type { DetectorState, Level, OpenRun } from "./detector-state";
import { singleSampleThreshold, levelOf } from "./budget";
import { absorb, createLane } from "./lane";
import { marksOf, stuckSoFar, take, type RepeatKind, REPEAT_KINDS, type Trail } from "./repetition";
import { severityOf } from "./severity";
import type { TypePrior } from "./prior";
import { reading, valueAt } from "./sketch";

/** Weight of each way of telling repeats in the false-alarm budget. */
const WEIGHTS: Record<RepeatKind, number> = { pair: 2, result: 1, size: 1 };
/** Share of repeats assumed of an agent not yet known. Only an action with its very result is telling enough to be judged from the first run. */
const ASSUMED: Record<RepeatKind, number | null> = { pair: 0.05, result: null, size: null };
/** Runs of fewer steps say nothing about an agent's usual share. */
const STEPS_MIN = 3;
/** Smallest believable spread of a run's share. */
const SHARE_GAP = 0.02;
/** The usual share is that of the upper third of runs, z = 0.6: up to a quarter of sick runs in the record cannot raise it. */
const USUAL_Z = 0.6;

/** Nine runs in ten have at least that share, z = −1.25: so that sick ones raise it only where nearly all are. */
const LEAST_Z = -1.25;

/** Evidence below which circling has stopped. */
const QUIET = 10;

/** Steps whose share of repeats across runs is known well enough to bet against. */
const KNOWN_STEPS = 40;
/** Posterior standard deviations added to that share for its own error. */
const SHARE_ERROR = 2;
/** An agent whose runs had at least this many steps on average has no job that is a single call. */
const LONG_RUN = 3;
/** The share is that of the last this many steps, so that an agent's nature may change. */
const SHARE_MEMORY = 4000;

/** Agents whose runs usually repeat more than this do so by nature: their repeats are samples like others. */
const BY_NATURE = 0.3;

/**
 * Judge one event for repetition: within its run if it has one, and across the agent's runs. `again`: the step is the same
 * call as an earlier one of its run, so that its sizes and costs are no new evidence.
 */
export function detectLoop(
  state: DetectorState,
  run: OpenRun | null,
  o: Observation,
  settings: DetectSettings,
  prior: TypePrior | null = null,
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
  for (const by of REPEAT_KINDS) {
    const place = marks[by];
    if (place === undefined) continue;
    const usual = usualShare(state, by);
    const repeat = take(trail, by, place, usual);
    if (by === "pair" && !(run !== null && repeat))
      found = judgeAcross(state, run, repeat, place, o, settings) ?? found;
    if (usual !== null && repeat && by !== "result" && usual < BY_NATURE) again = true;
    const least = run === null ? null : leastShare(state, by, prior);
    const whole = least === null ? 0 : stuckSoFar(trail, by, least);
    const share = usual ?? least;
    if (share !== null) found = tell(state, trail, by, share, fired, o, settings, whole) ?? found;
  }
  if (Object.keys(marks).length > 0) forgetStopped(state);
  return { anomaly: found, again };
}

/**
 * The same call again and again, each in a run of its own. A scheduled job does so by nature, so the share of repeats is
 * learned for each agent, and bets are placed only on runs that follow one another as quickly as this agent's single steps
 * usually do (see `OpenRun.quick`). Where a run repeats itself, the run's own evidence says so.
 */
function judgeAcross(
  state: DetectorState,
  run: OpenRun | null,
  repeat: boolean,
  place: number,
  o: Observation,
  settings: DetectSettings,
): Anomaly | null {
  const share = (state.across ??= { steps: 0, repeats: 0 });
  const usual = Math.max(upperShare(share) ?? ASSUMED.pair!, usualShare(state, "pair") ?? 0);
  const judged = run?.quick === true && usual < BY_NATURE && hadOtherWork(state);
  const again = run === null ? repeat : take(state.trail, "pair", place, judged ? usual : null);
  const anomaly = judged ? tell(state, state.trail, "pair", usual, state.fired, { ...o, runId: null }, settings) : null;
  if (o.learn && (state.fired["repetition"] ?? 0) === 0) {
    share.steps++;
    if (again) share.repeats++;
    if (share.steps > SHARE_MEMORY) {
      share.steps /= 2;
      share.repeats /= 2;
    }
  }
  return anomaly;
}

/** Whether the agent worked outside of runs, or in long ones. */
function hadOtherWork(state: DetectorState): boolean {
  const runs = state.ended + state.dropped + Object.keys(state.runs).length;
  return state.seen >= KNOWN_STEPS && state.seen >= LONG_RUN * runs;
}

/** Upper bound of a share under Jeffreys' prior; null while too few steps are known. */
function upperShare({ steps, repeats }: { steps: number; repeats: number }): number | null {
  if (steps < KNOWN_STEPS) return null;
  const p = (repeats + 0.5) / (steps + 1);
  return p + SHARE_ERROR * Math.sqrt((p * (1 - p)) / (steps + 2));
}

/** Says what a trail's evidence has newly reached; null for nothing new. */
function tell(
  state: DetectorState,
  trail: Trail,
  by: RepeatKind,
  usual: number,
  fired: Record<string, Level>,
  o: Observation,
  settings: DetectSettings,
  whole = 0,
): Anomaly | null {
  const byStep = Math.log(trail.r[by]) - singleSampleThreshold(state, WEIGHTS[by], settings);
  // What a whole run proves stands for all its steps.
  const threshold = singleSampleThreshold(state, WEIGHTS[by], settings, whole > 0 ? state.eventsPerRun : 1);
  const statistic = Math.max(byStep + threshold, Math.log(whole));
  const level = levelOf(statistic, threshold);
  if (level <= (fired["repetition"] ?? 0)) return null;
  fired["repetition"] = level;
  state.circled = { ...state.circled, [by]: trail.repeats[by] / trail.steps[by] };
  return anomaly(trail, by, level, usual, statistic, threshold, o);
}

/** A run's mark ends with the run; the agent's own ends when the circling has stopped, and what follows may be told again. */
function forgetStopped({ trail, fired }: DetectorState): void {
  if (REPEAT_KINDS.some((by) => trail.r[by] >= QUIET)) return;
  delete fired["repetition"];
}

function usualShare(state: DetectorState, by: RepeatKind): number | null {
  const lane = state.totals[`repeats_${by}`];
  const known = lane === undefined ? null : reading(lane.sketch, SHARE_GAP);
  const accepted = state.accepted[by] ?? 0;
  const assumed = ASSUMED[by];
  if (known === null) return assumed === null ? null : Math.max(assumed, accepted);
  return Math.max(valueAt(known, USUAL_Z), assumed ?? 0, accepted);
}

/**
 * The share of repeats that nearly all of this agent's runs have, or, of one that is not yet known, of its peers' runs: what is
 * in the nature of the work. Unlike the usual share it stays low where most runs go in circles.
 */
export function leastShare(state: DetectorState, by: RepeatKind, prior: TypePrior | null): number | null {
  const lane = state.totals[`repeats_${by}`];
  const known = lane === undefined ? null : reading(lane.sketch, SHARE_GAP);
  const share = known === null ? (prior?.repeats?.[by] ?? ASSUMED[by]) : valueAt(known, LEAST_Z);
  return share === null ? null : Math.max(share, state.accepted[by] ?? 0);
}

/** Learn the shares of repeats of a run that ended. */
export function learnRepeats(state: DetectorState, trail: Trail): void {
  for (const by of REPEAT_KINDS) {
    if (trail.steps[by] < STEPS_MIN) continue;
    const lane = (state.totals[`repeats_${by}`] ??= createLane("up"));
    absorb(lane, trail.repeats[by] / trail.steps[by], SHARE_GAP);
  }
}

function anomaly(
  trail: Trail,
  by: RepeatKind,
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
    detail: { told_by: by, steps: trail.steps[by], action: o.actionHash, result: o.resultHash, tool: o.tool },
  };
}
