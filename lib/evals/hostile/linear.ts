import { attacksOn } from "./attacks";
import { stepCounter } from "./step-counter";

/** How much harder the worst text found makes a pattern work, when the text is twice as long. */
export interface Growth {
  /** Steps for twice the length over steps for the length, of the text that grows the most; 2 is linear. */
  ratio: number;
  /** Most steps for each character. */
  stepsPerCharacter: number;
  /** How the worst text begins. */
  text: string;
}

/** Beyond this a text twice as long costs more than it may. */
export const MAX_RATIO = 2.5;
/** Steps for each character: a megabyte then takes a second or so, in pieces that let others in between. */
export const MAX_STEPS = 600;
/** Below this the growth of a few steps at a text's edges says nothing. */
const TELLING_STEPS = 10;
const TEXT_SHOWN = 40;

/**
 * Tries a pattern on texts derived from it, of `length` characters, of twice and of four times as many. What grows faster than the
 * text does so at every doubling. Stops at the first text that shows a pattern not to be linear. Depends on no clock. Throws for patterns that cannot be counted (see `stepCounter`).
 */
export function growthOf(pattern: RegExp, { length, attacks }: { length: number; attacks: number }): Growth {
  const counter = stepCounter(pattern);
  const worst: Growth = { ratio: 0, stepsPerCharacter: 0, text: "" };
  const limit = 2 * MAX_STEPS * 4 * length;
  for (const make of attacksOn(pattern, attacks)) {
    const one = counter.count(make(length), limit);
    const two = counter.count(make(2 * length), limit);
    const each = two / (2 * length);
    if (each > worst.stepsPerCharacter) Object.assign(worst, { stepsPerCharacter: each, text: make(TEXT_SHOWN) });
    if (each > MAX_STEPS) break;
    if (each < TELLING_STEPS || two <= MAX_RATIO * one) {
      worst.ratio = Math.max(worst.ratio, Math.min(two / one, MAX_RATIO));
      continue;
    }
    const four = counter.count(make(4 * length), limit);
    const ratio = Math.min(two / one, four / two);
    if (ratio > worst.ratio) Object.assign(worst, { ratio, text: make(TEXT_SHOWN) });
    if (!isLinear(worst)) break;
  }
  return worst;
}

export const isLinear = ({ ratio, stepsPerCharacter }: Growth): boolean =>
  ratio <= MAX_RATIO && stepsPerCharacter <= MAX_STEPS;
