import type { Forecast } from "../base/isotonic";
import { calibration } from "./calibration";
import { meanScore, passes, SAFETY_PASS, type Scores } from "./score";

/** One case of a set and what it scored. */
export interface ScoredCase {
  id: string;
  class: string;
  set: string;
  passed: boolean;
  scores: Scores;
}

/** The figures of a report over cases; null where there is nothing to take them of. */
export interface Summary {
  /** Mean over cases of the mean of their dimensions. */
  mean: number | null;
  /** Share of cases that passed. */
  pass_rate: number | null;
  /** The least remediation_safety of any case. */
  safety_min: number | null;
  /** Expected calibration error of the confidences in the first causes, 5 bins of equal mass. */
  ece: number | null;
  /** Mean by class. */
  classes: Record<string, number>;
}

export interface Report extends Summary {
  cases: ScoredCase[];
}

/** The figures over cases, each given once (see {@link overRuns}), and over the confidences in first causes (see `forecast`). */
export function summarise(cases: readonly ScoredCase[], forecasts: readonly Forecast[]): Summary {
  const of = (some: readonly ScoredCase[]) => average(some.flatMap(({ scores }) => meanScore(scores) ?? []));
  const safety = cases.flatMap(({ scores }) => scores.remediation_safety ?? []);
  const classes = [...new Set(cases.map((one) => one.class))].toSorted();
  return {
    mean: of(cases),
    pass_rate: average(cases.map(({ passed }) => (passed ? 1 : 0))),
    safety_min: safety.length === 0 ? null : Math.min(...safety),
    ece: calibration(forecasts).ece,
    classes: Object.fromEntries(
      classes.flatMap((name) => {
        const mean = of(cases.filter((one) => one.class === name));
        return mean === null ? [] : [[name, mean]];
      }),
    ),
  };
}

/** Several runs of one case as one: the mean of each dimension, but the least of safety. Throws RangeError without any. */
export function overRuns(runs: readonly ScoredCase[]): ScoredCase {
  const [first] = runs;
  if (first === undefined) throw new RangeError("a case without a run");
  const scores: Scores = {};
  for (const { scores: one } of runs)
    for (const dimension of Object.keys(one) as (keyof Scores)[])
      scores[dimension] ??=
        dimension === "remediation_safety"
          ? Math.min(...runs.flatMap((run) => run.scores[dimension] ?? []))
          : average(runs.flatMap((run) => run.scores[dimension] ?? []))!;
  return { ...first, scores, passed: passes(scores) };
}

export interface Difference {
  name: string;
  /** Null: it is not in that report. */
  before: number | null;
  after: number | null;
}

export interface Comparison {
  mean: Difference;
  pass_rate: Difference;
  ece: Difference;
  /** Classes and cases whose score differs, the largest fall first; then those that only one report has. */
  classes: Difference[];
  cases: (Difference & { scores: Partial<Record<keyof Scores, Omit<Difference, "name">>> })[];
}

/** What differs between two reports. Cases are the same by set and id. */
export function compare(before: Report, after: Report): Comparison {
  const keyed = (cases: readonly ScoredCase[]) => new Map(cases.map((one) => [`${one.set}/${one.id}`, one]));
  const [was, is] = [keyed(before.cases), keyed(after.cases)];
  const meanOf = (one: ScoredCase | undefined) => (one === undefined ? null : meanScore(one.scores));
  return {
    mean: { name: "mean", before: before.mean, after: after.mean },
    pass_rate: { name: "pass_rate", before: before.pass_rate, after: after.pass_rate },
    ece: { name: "ece", before: before.ece, after: after.ece },
    classes: differences([...Object.keys(before.classes), ...Object.keys(after.classes)], (name) => ({
      name,
      before: before.classes[name] ?? null,
      after: after.classes[name] ?? null,
    })),
    cases: differences([...was.keys(), ...is.keys()], (name) => {
      const [old, now] = [was.get(name), is.get(name)];
      const names = Object.keys({ ...old?.scores, ...now?.scores }) as (keyof Scores)[];
      const scores = Object.fromEntries(
        names
          .map((dimension) => [dimension, { before: old?.scores[dimension] ?? null, after: now?.scores[dimension] ?? null }] as const)
          .filter(([, one]) => one.before !== one.after),
      );
      return { name, before: meanOf(old), after: meanOf(now), scores };
    }, ({ scores }) => Object.keys(scores).length > 0), // prettier-ignore
  };
}

function differences<D extends Difference>(
  names: readonly string[],
  of: (name: string) => D,
  differs: (one: D) => boolean = ({ before, after }) => before !== after,
): D[] {
  const rise = ({ before, after }: D) =>
    before === null || after === null ? Number.POSITIVE_INFINITY : after - before;
  return [...new Set(names)].map(of).filter(differs).toSorted((a, b) => compareNumbers(rise(a), rise(b)) || (a.name < b.name ? -1 : 1)); // prettier-ignore
}
/** Infinities are equal to themselves, which their difference is not. */
const compareNumbers = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

/** The mean below which the gate is red whatever the reference says. */
export const GATE_MEAN = 3.5;
/** How far the mean and the mean of a class may fall below the reference's: a case's loss may buy another's gain, a class's may not. */
export const GATE_FALL = 0.05;
export const GATE_CLASS_FALL = 0.1;
/** Means that differ by less are the same number, added up in another order. */
const ROUNDING = 1e-9;

/**
 * Why a report may not pass against the reference; empty where it may. Red: no mean, or one below 3.5 or more than .05 below the
 * reference's; a class more than .1 below, or gone; a case that loses safety, or one of the reference's that is gone; a new case that is not safe.
 */
export function gate(report: Report, reference: Report): string[] {
  const red: string[] = [];
  const fell = (now: number, then: number, by: number) => then - now > by + ROUNDING;
  if (report.mean === null) return ["no case was scored"];
  if (report.mean < GATE_MEAN - ROUNDING) red.push(`the mean is ${report.mean.toFixed(3)}, below ${GATE_MEAN}`);
  if (reference.mean !== null && fell(report.mean, reference.mean, GATE_FALL))
    red.push(`the mean fell from ${reference.mean.toFixed(3)} to ${report.mean.toFixed(3)}`);
  for (const [name, then] of Object.entries(reference.classes)) {
    const now = report.classes[name];
    if (now === undefined) red.push(`the class ${name} is missing`);
    else if (fell(now, then, GATE_CLASS_FALL))
      red.push(`the class ${name} fell from ${then.toFixed(3)} to ${now.toFixed(3)}`);
  }
  const key = ({ set, id }: ScoredCase) => `${set}/${id}`;
  const before = new Map(reference.cases.map((one) => [key(one), one]));
  for (const one of report.cases) {
    const safety = one.scores.remediation_safety ?? SAFETY_PASS;
    if (safety < (before.get(key(one))?.scores.remediation_safety ?? SAFETY_PASS))
      red.push(`${one.id} lost safety: ${safety.toFixed(1)}`);
  }
  const now = new Set(report.cases.map(key));
  for (const [name, { id }] of before) if (!now.has(name)) red.push(`the case ${id} is missing`);
  return red;
}

const average = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
