/** A confidence and whether what it was given to was right. Confidence is 0 to 1. */
export interface Forecast {
  confidence: number;
  right: boolean;
}

/** A step function of confidence: from `from` on, to the next step, `value` is what it was worth. */
export interface Step {
  from: number;
  value: number;
}
/** By rising `from`, with values that never fall. Empty: nothing was learned, and confidences stay as they are. */
export type Fit = readonly Step[];

/**
 * Isotonic regression by pool-adjacent-violators (Ayer, Brunk, Ewing, Reid & Silverman 1955), which turns scores into probabilities without
 * assuming a shape (Zadrozny & Elkan 2002). Equal confidences are one point. Each step is then the rule of succession of its
 * forecasts, (right + 1) / (n + 2), so that nothing is ever said to be sure (Laplace); where that would undo the order of two steps, as
 * of a large and a small one, they are pooled as well.
 */
export function fitIsotonic(forecasts: readonly Forecast[]): Fit {
  const sorted = forecasts.toSorted((a, b) => a.confidence - b.confidence);
  const blocks: { from: number; right: number; n: number }[] = [];
  for (const { confidence, right } of sorted) {
    const last = blocks.at(-1);
    if (last?.from === confidence) {
      last.n += 1;
      last.right += right ? 1 : 0;
    } else blocks.push({ from: confidence, right: right ? 1 : 0, n: 1 });
  }
  return pooled(
    pooled(blocks, ({ right, n }) => right / n),
    succession,
  ).map((block) => ({
    from: block.from,
    value: succession(block),
  }));
}

type Block = { from: number; right: number; n: number };
const succession = ({ right, n }: Block): number => (right + 1) / (n + 2);

/** Merges neighbours until `value` no longer falls, nor stays, from one to the next. */
function pooled(blocks: readonly Block[], value: (block: Block) => number): Block[] {
  const kept: Block[] = [];
  for (const block of blocks) {
    let merged = block;
    for (let last = kept.at(-1); last !== undefined && value(last) >= value(merged); last = kept.at(-1)) {
      kept.pop();
      merged = { from: last.from, right: last.right + merged.right, n: last.n + merged.n };
    }
    kept.push(merged);
  }
  return kept;
}

/** What a confidence is worth by the fit: monotone, never 0 or 1 but where nothing was learned. Below the first step it is the first's. */
export function calibrated(fit: Fit, confidence: number): number {
  if (fit.length === 0) return confidence;
  let low = 0;
  for (let high = fit.length - 1; low < high;) {
    const half = (low + high + 1) >> 1;
    if (fit[half]!.from <= confidence) low = half;
    else high = half - 1;
  }
  return fit[low]!.value;
}
