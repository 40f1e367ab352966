import type { Anomaly, DetectSettings } from "./anomaly";
import { type DetectorState, runIdOf } from "./detector-state";
import { singleSampleThreshold } from "./budget";
import { absorb, bandOf, createLane, type Lane, score } from "./lane";
import { severityOf } from "./severity";
import { tailNats } from "../base/stats";
import type { AnomalyType } from "../base/vocabulary";

/**
 * What time alone can show: an agent that fell silent, a run that hangs. Gaps between events are learned like any other
 * metric; a gap that is still growing can only be longer in the end, so it may be judged at any moment.
 */

/** Gaps shorter than this are never called silence or a hang, however regular the agent. */
const SILENCE_MIN_MS = 30_000;
const STUCK_MIN_MS = 2_000;
/** Runs that must have ended before one can be called stuck: an agent that never ends its runs has none that hang. */
const ENDED_MIN = 5;
/** Weight of the timing lanes in the false-alarm budget. */
const WEIGHT = 0.25;
/** Smallest believable spread of log gaps: timers are regular, networks and schedulers are not. */
const GAP_SPREAD = 0.3;
const SPANS = { agent_gap: "silence", run_gap: "stuck_run" } as const satisfies Record<string, AnomalyType>;
type Span = keyof typeof SPANS;

/** Learn the gap before an event: since the agent's last one, and since its run's last one (null if it is the first). */
export function noteGap(state: DetectorState, span: Span, gapMs: number | null, learn: boolean): void {
  if (gapMs === null || gapMs < 0 || !learn) return;
  const lane = (state.totals[span] ??= createLane("up"));
  absorb(lane, Math.log1p(gapMs), GAP_SPREAD);
}

/**
 * The agent was free to work only from `at` on (a hold or a pause ended then, by our clock): neither it nor its runs were quiet of their
 * own accord before, and no gap across that time is a usual one. Does nothing for what was heard since.
 */
export function restartGaps(state: DetectorState, at: number): void {
  const heardAt = state.heardAt ?? state.lastAt;
  if (heardAt !== null && heardAt < at) Object.assign(state, { heardAt: at, lastAt: null, silent: false });
  for (const run of Object.values(state.runs)) {
    if ((run.heardAt ?? run.lastAt) >= at) continue;
    run.heardAt = at;
    run.lastAt = Math.max(run.lastAt, at);
  }
}

/** Scores up to this are usual: 97 of 100 gaps are shorter. */
const USUAL_GAP_Z = 1.9;

/** Whether a step of the agent, or the next one of its run, usually comes within such a time; null while that is not known. */
export function isUsualGap({ totals }: DetectorState, span: Span, gapMs: number): boolean | null {
  const lane = totals[span];
  const s = lane === undefined ? null : score(lane, Math.log1p(gapMs), GAP_SPREAD);
  return s === null ? null : s.z <= USUAL_GAP_Z;
}

/**
 * Judge the present moment: call it every second or so. `gapSince`: the longest stretch without any event from any agent since a
 * time (ingest-gaps.ts). A run is quiet by its own only for what is beyond that: while everybody is quiet the outage is another's,
 * or ours, and they will not all be back in the same moment. Each silence is told once; a hang again whenever it is twice as long as it was
 * when it was last told, so that what accounted for it then can be compared with it anew (`isHangOf`).
 */
export function tick(
  state: DetectorState,
  now: number,
  settings: DetectSettings,
  gapSince: (since: number) => number,
): Anomaly[] {
  const anomalies: Anomaly[] = [];
  const last = state.heardAt ?? state.lastAt;
  if (last !== null && !state.silent && now - last >= SILENCE_MIN_MS) {
    const anomaly = overdue(state, "agent_gap", now - last, now, settings, null);
    if (anomaly !== null) {
      state.silent = true;
      anomalies.push({ ...anomaly, verdict: "watch" });
    }
  }
  if (state.ended < ENDED_MIN || state.dropped > state.ended) return anomalies;
  for (const [key, run] of Object.entries(state.runs)) {
    const heardAt = run.heardAt ?? run.lastAt;
    const least = Math.max(STUCK_MIN_MS, 2 * (run.hungMs ?? 0));
    if (now - heardAt < least) continue;
    const quiet = now - heardAt - gapSince(heardAt);
    if (quiet < least) continue;
    const anomaly = overdue(state, "run_gap", quiet, now, settings, runIdOf(key));
    if (anomaly === null) continue;
    run.hungMs = quiet;
    anomalies.push(anomaly);
  }
  return anomalies;
}

function overdue(
  state: DetectorState,
  span: Span,
  gapMs: number,
  now: number,
  settings: DetectSettings,
  runId: string | null,
): Anomaly | null {
  const lane: Lane | undefined = state.totals[span];
  if (lane === undefined) return null;
  const s = score(lane, Math.log1p(gapMs), GAP_SPREAD);
  if (s === null || s.up <= 0) return null;
  const statistic = tailNats(s.up);
  const threshold = singleSampleThreshold(state, WEIGHT, settings);
  if (statistic < threshold) return null;
  const band = bandOf(lane, GAP_SPREAD)!;
  const mid = Math.expm1(Math.max(band.mid, 0));
  const effect = mid > 0 ? gapMs / mid : gapMs;
  return {
    type: SPANS[span],
    metric: span,
    stratum: runId === null ? "agent" : "run",
    verdict: "quarantine",
    severity: severityOf(statistic / threshold, effect),
    at: now,
    seq: -1,
    value: gapMs,
    expected: { low: Math.expm1(Math.max(band.low, 0)), mid, high: Math.expm1(band.high) },
    evidence: "single",
    statistic,
    threshold,
    effect,
    samples: 1,
    runId,
    detail: {},
  };
}
