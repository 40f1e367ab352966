import type { Level, Stratum } from "./detector-state";
import { createFewValued, isFew, judgeFew, relearnFew } from "./few-valued";
import { type Judged, judgeValue, learnFrom, type Place } from "./judged";
import { specOf } from "./metrics";
import { clamp } from "../base/stats";
import { createForecast, addToRun, forecast } from "./seasonal";

/**
 * Numbers of unknown meaning. A gauge is judged for four things: a jump off the forecast, its level, its place against
 * what is usual at this hour (if it has a season), and a drift of the forecast's errors. Each has a lane of its own that
 * only the single-value test reads: real gauges wander, and sums of their scores would too. They always learn, alarms
 * included, and remember the furthest they ever went: nobody is asked whether it was a fault, and what recurs is normal.
 * While a gauge of unknown meaning has taken few values only, none of the four speaks: it is judged by how often its values come.
 */
const JUMP = "#jump";
const DRIFT = "#drift";
const SEASON = "#season";

/** Place of a gauge's own level among the four. */
const LEVEL = 1;
/** Beyond this, differences would overflow. */
const GAUGE_MAX = 1e150;
/** Smoothing of the forecast's errors: a drift over a few dozen samples. */
const DRIFT_GAIN = 1 / 48;
/** Smallest believable spread, as a share of the usual distance from the level, and of the level itself. */
const GAP_OF_SPREAD = 0.05;
const GAP_OF_LEVEL = 0.002;
/** Samples that one alarm stands for, unless it gets worse: an excursion is one alarm. */
const MUTE = 150;

/** The gauge that a lane belongs to; any other metric's name as it is. */
export function gaugeOf(metric: string): string {
  const mark = metric.indexOf("#");
  return mark < 0 ? metric : metric.slice(0, mark);
}

/** Judge a gauge's value at the moment `now` and add its lanes to `judged`. `measured`: it is known to be no flag or code. */
export function judgeGauge(
  at: Place,
  name: string,
  raw: number,
  { at: now, measured = false }: { at: number; measured?: boolean },
  judged: Judged[],
): void {
  const value = clamp(raw, -GAUGE_MAX, GAUGE_MAX);
  let f = at.stratum.forecasts[name];
  if (f === undefined) {
    f = at.stratum.forecasts[name] = { ...createForecast(), few: measured ? null : createFewValued() };
    at.state.gauges++;
  }
  if (f.few && !isFew(f.few, value)) f.few = null;
  const changed = f.few ? judgeFew(f.few, value, at.learn) : null;
  if (f.n > 0) {
    const { next, usual, seasonal } = forecast(f, now);
    const spec = {
      ...specOf(name),
      gap: Math.max(GAP_OF_SPREAD * f.spread, GAP_OF_LEVEL * Math.abs(f.level), Number.MIN_VALUE),
    };
    f.drift += DRIFT_GAIN * (value - next - f.drift);
    const parts = [
      judgeValue(at, `${name}${JUMP}`, spec, value, value - next, next),
      judgeValue(at, name, spec, value, value),
      judgeValue(at, `${name}${DRIFT}`, spec, value, f.drift, next),
    ];
    if (usual !== null) {
      const part = judgeValue(at, `${name}${SEASON}`, spec, value, value - usual, usual);
      if (seasonal) parts.push(part);
      else if (at.learn) learnFrom([part]);
    }
    if (changed !== null) {
      for (const part of parts) part.nats = 0;
      parts[LEVEL]!.nats = Math.log(Math.max(changed, 1));
    }
    if (f.mute > 0 && --f.mute === 0) f.told = 0;
    for (const part of parts) part.lane.fired = f.told;
    judged.push(...parts);
  }
  addToRun(f, now, value, at.learn);
}

/** Whether a gauge may speak at this level, which is then noted; true for any other metric. */
export function mayReportGauge(stratum: Stratum, metric: string, level: Level): boolean {
  const f = stratum.forecasts[gaugeOf(metric)];
  if (f === undefined) return true;
  if (level <= f.told) return false;
  f.mute = MUTE;
  f.told = level;
  if (level === 2 && f.few) relearnFew(f.few);
  return true;
}
