import { calibrated, type Fit } from "../base/isotonic";
import type { CauseHypothesis } from "../evidence/bundle";

/** A cause whose confidence was fitted; `raw` is what the analysis gave it. */
export type Fitted<C extends CauseHypothesis> = C & { raw: number };

/**
 * Causes in the order given, with confidences that say how often such a first cause is right: the first's by the fit, the others' and `unknown`'s
 * as the analysis has them relative to one another, in what is left. None gets more than the first, and with an empty fit all stay.
 */
export function withConfidence<C extends CauseHypothesis>(causes: readonly C[], fit: Fit): Fitted<C>[] {
  const [first, ...others] = causes;
  if (first === undefined) return [];
  const confidence = calibrated(fit, first.confidence);
  const rest = others.reduce((sum, other) => sum + other.confidence, 0);
  const share = rest > 0 ? (1 - confidence) / rest : 0;
  return [
    { ...first, confidence, raw: first.confidence },
    ...others.map((other) => ({
      ...other,
      confidence: Math.min(confidence, fit.length === 0 ? other.confidence : other.confidence * share),
      raw: other.confidence,
    })),
  ];
}
