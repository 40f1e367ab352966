type YesNo = "yes" | "no";

export interface Agreement {
  /** Questions that both answered. */
  n: number;
  bothYes: number;
  bothNo: number;
  /** Only the first said yes. */
  firstOnly: number;
  /** Only the second said yes. */
  secondOnly: number;
  /** Share of answers that are the same; null without any. */
  agreed: number | null;
  /** Null where there is nothing to tell by; see {@link agreement}. */
  kappa: number | null;
  /** Why there is no kappa, or what makes it say little. */
  note: string | null;
}

/**
 * How far two raters agree on the same yes/no questions beyond what their shares of yes would give by chance: Cohen's kappa (1960), 1 for
 * full agreement, 0 for none beyond chance, below 0 for less.
 *
 * Where one of the two always says the same, kappa is 0 whatever the share of agreement (the expected agreement equals the observed one);
 * where both always say the same, it is 0/0 and null. Either is said in `note`, and the share of agreement stands beside it.
 */
export function agreement(pairs: readonly (readonly [first: YesNo, second: YesNo])[]): Agreement {
  const count = (a: YesNo, b: YesNo) => pairs.filter(([first, second]) => first === a && second === b).length;
  const n = pairs.length;
  const counts = {
    bothYes: count("yes", "yes"),
    bothNo: count("no", "no"),
    firstOnly: count("yes", "no"),
    secondOnly: count("no", "yes"),
  };
  if (n === 0) return { n, ...counts, agreed: null, kappa: null, note: "no question was answered by both" };
  const agreed = (counts.bothYes + counts.bothNo) / n;
  const firstYes = counts.bothYes + counts.firstOnly;
  const secondYes = counts.bothYes + counts.secondOnly;
  const isConstant = (yes: number) => yes === 0 || yes === n;
  const constant = [firstYes, secondYes].filter(isConstant).length;
  if (constant === 2 && firstYes === secondYes)
    return {
      n,
      ...counts,
      agreed,
      kappa: null,
      note: "both always give the same answer, so chance explains all of it",
    };
  if (constant > 0)
    return { n, ...counts, agreed, kappa: 0, note: `${constant === 2 ? "each" : "one"} always gives the same answer` };
  const expected = (firstYes * secondYes + (n - firstYes) * (n - secondYes)) / n ** 2;
  return { n, ...counts, agreed, kappa: (agreed - expected) / (1 - expected), note: null };
}
