import { isNews, MONTH_MS } from "./excursions";
import { createFewValued, isFew, judgeFew, relearnFew } from "./few-valued";
import { gaugeNats } from "./gauge-tail";
import type { Judged, Place } from "./judged";
import { laneFor } from "./lanes";
import { type MetricSpec, specOf } from "./metrics";
import { clamp, middle, zOfNats } from "../base/stats";
import { addToRun, createForecast, type Forecast, forecast, intervalAt, MEAN_MS, upgraded } from "./seasonal";
import { reading } from "./sketch";

/**
 * Numbers of unknown meaning, with a budget in time: one false alarm a month and gauge, whatever its sampling interval.
 * A value is news if it is far both from the last ones and from what is usual (at this hour, if there is a season), on
 * average in nats, which is the geometric mean of the two p-values (Vovk & Wang 2020, of any dependence); or if the mean over hours is, which single values cannot show. Gauges always learn, alarms included:
 * nobody is asked whether it was a fault, and what recurs is normal (excursions.ts). A gauge of unknown meaning that has
 * taken few values only is judged by how often its values come instead (few-valued.ts).
 */
const LOCAL = "#local";
const SEASON = "#season";
const MEAN = "#mean";
const MEAN_SEASON = "#mean_season";
/** Lanes of an older version. */
const GONE = ["#jump", "#drift"];

/** Beyond this, differences would overflow. */
const GAUGE_MAX = 1e150;
/** Smallest believable spread, as a share of the usual distance from the level, and of the level itself. */
const GAP_OF_SPREAD = 0.05;
const GAP_OF_LEVEL = 0.002;
/** A mean is judged where it rests on so many samples, and once it was seen for a day: before, it knows one stretch only. */
const MEAN_SAMPLES = 6;
const MEANS_KNOWN = 8;
/** One excursion is one alarm for three hours; one as high on twenty days of a month is as usual as a working day. */
const SUDDEN = { quietMs: MEAN_MS, usual: 20 };
/** A mean that is off is one alarm a day, and usual at the third time. */
const SLOW = { quietMs: 86_400_000, usual: 2 };

/** The gauge that a lane belongs to; any other metric's name as it is. */
export function gaugeOf(metric: string): string {
  const mark = metric.indexOf("#");
  return mark < 0 ? metric : metric.slice(0, mark);
}

type Part = Judged & { kind: "value" };

/** Judge a gauge's value at the moment `now` and add its lanes to `judged`: the one that speaks has nats, and how many it needed. `measured`: it is known to be no flag or code. */
export function judgeGauge(
  at: Place,
  name: string,
  raw: number,
  { at: now, measured = false }: { at: number; measured?: boolean },
  judged: Judged[],
): void {
  const value = clamp(raw, -GAUGE_MAX, GAUGE_MAX);
  const f = gaugeFor(at, name, measured);
  if (f.few && !isFew(f.few, value)) f.few = null;
  const changed = f.few ? judgeFew(f.few, value, at.learn) : null;
  const interval = intervalAt(f, now);
  if (interval !== null) {
    const parts = partsOf(at, name, f, value, now, interval);
    const spoken =
      changed === null ? speaker(at, f, parts, now, interval) : changer(at, f, parts.level, changed, interval);
    if (spoken !== null) Object.assign(spoken.part, { nats: spoken.nats, needed: spoken.needed });
    for (const part of Object.values(parts)) if (part !== null) judged.push(part);
  }
  addToRun(f, now, value, at.learn);
}

function gaugeFor({ state, stratum }: Place, name: string, measured: boolean): Forecast {
  const known = stratum.forecasts[name];
  if (known === undefined) state.gauges++;
  else if (known.recent === undefined) for (const old of GONE) delete stratum.lanes[`${name}${old}`];
  return (stratum.forecasts[name] =
    known === undefined ? { ...createForecast(), few: measured ? null : createFewValued() } : upgraded(known));
}

interface Parts {
  level: Part;
  local: Part;
  season: Part | null;
  mean: Part | null;
  meanSeason: Part | null;
}

function partsOf(at: Place, name: string, f: Forecast, value: number, now: number, interval: number): Parts {
  const { usual, seasonal } = forecast(f, now);
  const gap = Math.max(GAP_OF_SPREAD * f.spread, GAP_OF_LEVEL * Math.abs(f.level), Number.MIN_VALUE);
  const spec = { ...specOf(name), gap };
  const local = middle(f.recent);
  const samples = Math.round(MEAN_MS / interval);
  f.means++;
  f.mean += Math.max(2 / (samples + 1), 1 / f.means) * (value - f.mean);
  const judgeMean = samples >= MEAN_SAMPLES && f.means >= samples;
  const known = f.means >= MEANS_KNOWN * samples;
  const part = (lane: string, scaled: number, offset: number, speaks = true, correlated = false) =>
    partOf(at, `${name}${lane}`, { spec, value, scaled, offset, speaks, correlated });
  return {
    level: part("", value, 0),
    local: part(LOCAL, value - local, local),
    season: usual === null ? null : part(SEASON, value - usual, usual, seasonal),
    mean: judgeMean ? part(MEAN, f.mean, 0, known && !seasonal, true) : null,
    meanSeason: judgeMean && usual !== null ? part(MEAN_SEASON, f.mean - usual, usual, known && seasonal, true) : null,
  };
}

interface PartOf {
  spec: MetricSpec;
  value: number;
  scaled: number;
  offset: number;
  speaks: boolean;
  correlated: boolean;
}

function partOf(at: Place, metric: string, { spec, value, scaled, offset, speaks, correlated }: PartOf): Part {
  const lane = laneFor(at.state, at.stratum, at.kind, metric, at.prior);
  lane.fired = 0;
  const known = speaks ? reading(lane.sketch, spec.gap) : null;
  const against = known === null ? 0 : gaugeNats(known, scaled, correlated);
  return { kind: "value", metric, value, scaled, z: null, against, nats: 0, spec, lane, offset };
}

interface Spoken {
  part: Part;
  nats: number;
  needed: number;
}

/** Nats that one false alarm a month needs of samples so far apart, at either side; or of the samples that the operator set. */
const neededOf = ({ state, settings }: Place, interval: number): number =>
  Math.log(settings.gaugeArl === undefined ? MONTH_MS / interval : settings.gaugeArl * state.gauges) + Math.LN2;

function speaker(at: Place, f: Forecast, parts: Parts, now: number, interval: number): Spoken | null {
  const usual = parts.season !== null && parts.season.against > 0 ? parts.season : parts.level;
  const sudden = (parts.local.against + usual.against) / 2;
  const mean = parts.meanSeason !== null && parts.meanSeason.against > 0 ? parts.meanSeason : parts.mean;
  const slow = mean?.against ?? 0;
  const needed = neededOf(at, interval);
  const meanNeeded = neededOf(at, MEAN_MS);
  const told = Math.max(f.sudden.at ?? -Infinity, f.slow.at ?? -Infinity);
  let spoken: Spoken | null = null;
  if (sudden > needed && isNews(f.sudden, sudden, now, SUDDEN)) spoken = { part: usual, nats: sudden, needed };
  if (slow > meanNeeded && isNews(f.slow, slow, now, SLOW) && now - told >= SLOW.quietMs)
    spoken ??= { part: mean!, nats: slow, needed: meanNeeded };
  for (const part of Object.values(parts) as (Part | null)[]) if (part !== null) part.against = zOfNats(part.against);
  return spoken;
}

function changer(at: Place, f: Forecast, level: Part, changed: number, interval: number): Spoken | null {
  const nats = Math.log(Math.max(changed, 1));
  const needed = neededOf(at, interval);
  if (nats <= needed) return null;
  relearnFew(f.few!);
  return { part: level, nats, needed };
}
