import type { DetectSettings } from "./anomaly";
import type { DetectorState, Level, Stratum } from "./detector-state";
import { RATES, type RateName, specOf } from "./metrics";

/**
 * How the false-alarm budget is spent. The operator sets `arl`, the samples between false quarantines of one agent over all
 * its metrics. A part of the budget goes to what one value may prove alone, split over the lanes by weight; the rest to
 * what samples prove together. Gauges, whose meaning nobody declared, have a budget of their own (gauge.ts).
 */
const SINGLE_SHARE = 0.3;
const ACCUMULATED_SHARE = 0.7;
/**
 * Sums overshoot the level they are stopped at, so the mean time to a false alarm is the level times e^(0.583 δ) for a bet
 * on a shift of δ sd (Siegmund 1985, ch. 10; Pollak 1987): about two and a half times the level over the bets used here.
 */
const OVERSHOOT = 0.4;
/** A watch may be false this many times as often as a quarantine. */
const WATCH_RATIO = 100;
const LOG_WATCH_RATIO = Math.log(WATCH_RATIO);
/** Weight reserved, in the single-value test, for run totals, spending, timing and repetition. */
const TOTALS_WEIGHT = 4;

/** Mean evidence (see lane.ts) that proves a change. */
export const accumulatedThreshold = (settings: DetectSettings) => (settings.arl * OVERSHOOT) / ACCUMULATED_SHARE;

/**
 * An undeclared change is a reason to expect trouble: the sums of the strata that it opens begin with a share of what proves
 * a change, instead of with nothing. This is the head start r of Shiryaev–Roberts–r (Moustakides, Polunchenko &
 * Tartakovsky 2011), as Lucas & Crosier's (1982) for CUSUM. R − n is still a martingale, so by Ville's inequality a harmless
 * change leads to a false quarantine with at most this probability, all strata together.
 */
const HEAD_START = 0.01;
/** Of it, what each new stratum takes from what the ones before it left: calls of the model come first, and show most. */
const TAKEN = 3 / 4;

/** Gives the lanes of the `nth` stratum under an undeclared identity (from 1) their part of the head start. */
export function applyHeadStart(state: DetectorState, stratum: Stratum, nth: number, settings: DetectSettings): void {
  const rates = Object.keys(stratum.rates) as RateName[];
  const weights = [
    ...Object.keys(stratum.lanes).map((metric) => (specOf(metric).contains ? specOf(metric).weight : 0)),
    ...rates.map((name) => RATES[name].weight),
  ];
  const weight = weights.reduce((sum, w) => sum + w, 0);
  if (weight === 0) return;
  const share = HEAD_START * TAKEN * (1 - TAKEN) ** (nth - 1);
  const start = (share * accumulatedThreshold(settings) * state.weight) / weight;
  for (const lane of [...Object.values(stratum.lanes), ...Object.values(stratum.rates)])
    lane.r = lane.r.map((r) => Math.max(r, start));
}

/** Nats, −ln p, that one value of a lane of this weight needs to prove a change alone; `each`: samples that one value stands for. */
export const singleSampleThreshold = (state: DetectorState, weight: number, settings: DetectSettings, each = 1) =>
  Math.log((settings.arl * (state.weight + TOTALS_WEIGHT)) / (SINGLE_SHARE * weight * Math.max(1, each)));

/** 2: proves a change, 1: worth watching, 0: neither. Both in nats. */
export const levelOf = (nats: number, needed: number): Level =>
  nats >= needed ? 2 : nats >= needed - LOG_WATCH_RATIO ? 1 : 0;
