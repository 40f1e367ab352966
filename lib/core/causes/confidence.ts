import { calibrated, type Fit, fitIsotonic, type Forecast } from "../base/isotonic";

/** The confidence that the analysis gave to a first cause of this kind, and whether it was right. */
export interface JudgedCause extends Forecast {
  kind: string;
}

/** What confidences in first causes have been worth. */
export interface ConfidenceFit {
  steps: Fit;
  /** How many times as often as `steps` expects a kind was right, by kind; one that is not listed: once. */
  kinds: ReadonlyMap<string, number>;
}

/** Nothing was learned: confidences stay as the analysis gives them. */
export const NO_FIT: ConfidenceFit = { steps: [], kinds: new Map() };

/** Causes of a kind that the fit of all is worth, beside what is known of the kind: with five of its own, a kind speaks as loud as all others do. */
const PRIOR_CAUSES = 5;

/**
 * Fits confidences by isotonic regression over all kinds, and then each kind by its ratio of observed to expected right causes, shrunk
 * towards 1 (a gamma prior on a Poisson rate: Clayton & Kaldor 1987), since "it fails" is right far less often as a cause than
 * "its new version fails" at the same weight of evidence.
 */
export function fitConfidence(judged: readonly JudgedCause[]): ConfidenceFit {
  const steps = fitIsotonic(judged);
  const counted = new Map<string, { right: number; expected: number }>();
  for (const { kind, confidence, right } of judged) {
    const known = counted.get(kind) ?? { right: 0, expected: 0 };
    known.right += right ? 1 : 0;
    known.expected += calibrated(steps, confidence);
    counted.set(kind, known);
  }
  // Steps are a little below what was seen, by the rule of succession: all kinds together are as expected.
  const sum = (of: "right" | "expected") => [...counted.values()].reduce((total, known) => total + known[of], 0);
  const level = sum("expected") > 0 ? sum("right") / sum("expected") : 1;
  const ratio = ({ right, expected }: { right: number; expected: number }) =>
    (right + PRIOR_CAUSES) / (level * expected + PRIOR_CAUSES);
  return { steps, kinds: new Map([...counted].map(([kind, known]) => [kind, ratio(known)])) };
}

/**
 * Each forecast with the confidence that a fit on all *other* groups' folds gives it: whole groups (a case with all its runs, a system) are left
 * out together, so that nothing is judged by its like. Groups are dealt to folds in the order in which they first appear. With a single
 * group there is nothing to learn from, and confidences stay.
 */
export function crossValidated<F extends JudgedCause & { group: string }>(judged: readonly F[], folds = 10): F[] {
  const groups = new Map<string, number>();
  for (const { group } of judged) if (!groups.has(group)) groups.set(group, groups.size % folds);
  const fits = Array.from({ length: Math.min(folds, groups.size) }, (_, fold) =>
    fitConfidence(judged.filter(({ group }) => groups.get(group) !== fold)),
  );
  return judged.map((one) => ({ ...one, confidence: worth(fits[groups.get(one.group)!]!, one.kind, one.confidence) }));
}

/** Nobody is ever surer of a cause. */
const MOST = 0.99;

/** What this confidence in a first cause of this kind is worth by the fit, 0 to 1; itself where nothing was learned. */
export function worth({ steps, kinds }: ConfidenceFit, kind: string, confidence: number): number {
  if (steps.length === 0) return confidence;
  return Math.min(MOST, calibrated(steps, confidence) * (kinds.get(kind) ?? 1));
}

/**
 * Causes in the order given, with confidences that say how often such a first cause is right: the first's by the fit, the others' and `unknown`'s
 * as the analysis has them relative to one another, in what is left. None gets more than the first, and with an empty fit all stay.
 * `raw` is what the analysis gave.
 */
export function withConfidence<C extends { confidence: number }>(
  causes: readonly C[],
  fit: ConfidenceFit,
  kindOf: (cause: C) => string,
): (C & { raw: number })[] {
  const [first, ...others] = causes;
  if (first === undefined) return [];
  const confidence = worth(fit, kindOf(first), first.confidence);
  const rest = others.reduce((sum, other) => sum + other.confidence, 0);
  const share = rest > 0 ? (1 - confidence) / rest : 0;
  return [
    { ...first, confidence, raw: first.confidence },
    ...others.map((other) => ({
      ...other,
      confidence: Math.min(confidence, fit.steps.length === 0 ? other.confidence : other.confidence * share),
      raw: other.confidence,
    })),
  ];
}
