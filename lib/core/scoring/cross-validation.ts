import { chanceOfGain } from "./paired";
import { gate, type Report, type ScoredCase, summarise } from "./report";
import { meanScore } from "./score";

/** Parts that the cases are dealt into; a class has five cases or a multiple. */
const FOLDS = 5;

/** What cases score with something else in use. */
export interface Tried {
  id: string;
  /** The same cases as those of what is in use, by id, in any order. */
  cases: readonly ScoredCase[];
}

export interface CrossValidated {
  /** Which one has the highest mean over all cases among those that pass the gate, if any gains; else null. */
  chosen: string | null;
  /** What choosing gains on cases that had no part in the choice: the mean over all cases of the held-out differences. */
  gain: number;
  /** How likely a gain at least as large is by chance. */
  chance: number;
  /** Held-out cases that score higher, and lower. */
  higher: number;
  lower: number;
  /** Of each fold, which was chosen on the others, and its mean gain on it. */
  folds: { chosen: string | null; gain: number }[];
}

export const reportOn = (cases: readonly ScoredCase[]): Report => ({ ...summarise(cases, []), cases: [...cases] });

/**
 * How much it would gain to put the best of several candidates in place of what is in use, without believing the figures that it was chosen
 * by: on each fold (a fifth of each class, in the order given) stands the candidate that was chosen on the other four, or what is in use where
 * none gains there. Choosing by the same cases that judge would favour luck (Stone 1974). A candidate that the gate refuses on
 * the cases of the choice is not chosen. Throws RangeError for a candidate without one of the cases.
 */
export function crossValidate(current: readonly ScoredCase[], tried: readonly Tried[]): CrossValidated {
  const byId = new Map(tried.map(({ id, cases }) => [id, new Map(cases.map((one) => [one.id, one]))]));
  const under = (id: string, one: ScoredCase): ScoredCase => {
    const found = byId.get(id)?.get(one.id);
    if (found === undefined) throw new RangeError(`${id} has no case ${one.id}`);
    return found;
  };
  const gains = (id: string, cases: readonly ScoredCase[]) =>
    cases.map((one) => scoreOf(under(id, one)) - scoreOf(one));
  const choose = (cases: readonly ScoredCase[]): string | null => {
    const reference = reportOn(cases);
    const [best] = tried
      .map(({ id }) => ({ id, gain: mean(gains(id, cases)) }))
      .filter(({ id, gain }) => gain > 0 && gate(reportOn(cases.map((one) => under(id, one))), reference).length === 0)
      .toSorted((a, b) => b.gain - a.gain);
    return best?.id ?? null;
  };
  const dealt = deal(current);
  const folds = dealt.map((held, i) => {
    const chosen = choose(dealt.filter((_, other) => other !== i).flat());
    return { chosen, differences: chosen === null ? held.map(() => 0) : gains(chosen, held) };
  });
  const differences = folds.flatMap((fold) => fold.differences);
  return {
    chosen: choose(current),
    gain: mean(differences),
    chance: chanceOfGain(differences),
    higher: differences.filter((d) => d > 0).length,
    lower: differences.filter((d) => d < 0).length,
    folds: folds.map(({ chosen, differences: held }) => ({ chosen, gain: mean(held) })),
  };
}

/** The cases in folds that each have an equal share of every class; fewer folds where no class has so many. */
function deal(cases: readonly ScoredCase[]): ScoredCase[][] {
  const counts = new Map<string, number>();
  const folds: ScoredCase[][] = Array.from({ length: FOLDS }, () => []);
  for (const one of cases) {
    const n = counts.get(one.class) ?? 0;
    counts.set(one.class, n + 1);
    folds[n % FOLDS]!.push(one);
  }
  return folds.filter((fold) => fold.length > 0);
}

const scoreOf = ({ scores }: ScoredCase): number => meanScore(scores) ?? 0;
const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
