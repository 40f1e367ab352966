import { crossValidate, type CrossValidated, reportOn, type Tried } from "@/lib/core/scoring/cross-validation";
import { SIGNIFICANT } from "@/lib/core/scoring/paired";
import { gate, type Report, type ScoredCase, type Summary } from "@/lib/core/scoring/report";
import { meanScore } from "@/lib/core/scoring/score";
import type { Variant } from "@/lib/response/services/context";
import { isServiceClass } from "../cases/case";
import type { CaseKey } from "../cases/case-key";
import { reportOf } from "../cases/report";
import type { CaseResult } from "../cases/result";
import type { Candidate } from "./candidates";

export interface Search {
  /** Cases that candidates are chosen and judged by. */
  dev: readonly CaseKey[];
  /** Cases that the chosen one is checked on, once; nothing but their totals is looked at. */
  second: readonly CaseKey[];
  /** What is in use. */
  current: Variant;
  candidates: readonly Candidate[];
  /** Plays cases with a variant in use. */
  play: (keys: readonly CaseKey[], variant: Variant) => Promise<CaseResult[]>;
  /** Called with the cases of what is in use, once they are played. */
  evaluated?: (results: readonly CaseResult[]) => Promise<void> | void;
  say?: (line: string) => void;
}

/** Figures with what is in use, and with the candidate. */
export interface BeforeAfter {
  before: Summary;
  after: Summary;
}

export interface Searched {
  /** What was found, in a sentence: why nothing is proposed, or what is. */
  conclusion: string;
  /** The candidate that is worth a pull request; null: none. */
  found: Candidate | null;
  /** The class with the lowest mean among those that candidates can reach. */
  worst: { class: string; mean: number };
  /** The figures of what is in use. */
  current: Summary;
  cases: number;
  /** Candidates that were tried, and whether they change any score of the worst class. */
  tried: { id: string; matters: boolean }[];
  /** Null: no candidate matters. */
  validated: CrossValidated | null;
  /** Of the chosen candidate; null: none was chosen. */
  dev: BeforeAfter | null;
  /** Null: it did not come to that. `red`: why the gate refuses it there, without naming a case. */
  second: (BeforeAfter & { red: string[] }) | null;
}

/** Differences below this are the same score, added up in another order. */
const ROUNDING = 1e-9;

/**
 * Looks for a candidate that is worth proposing: evaluates what is in use, finds the worst class, leaves out candidates that change no
 * score of it (whichever way, so that this favours none), tries the rest on the dev set, chooses and judges by cross-validation,
 * and checks what was chosen on the second set, once. Throws what playing throws, and RangeError without a case of services.
 */
export async function search(q: Search): Promise<Searched> {
  const { dev, current, candidates, play, say = () => {} } = q;
  const baseline = await play(dev, current);
  await q.evaluated?.(baseline);
  const now = casesOf(baseline);
  const reached = dev.filter(({ class: of }) => isServiceClass(of));
  const worst = worstOf(now, new Set(reached.map(({ class: of }) => of)));
  say(`mean ${figure(reportOn(now).mean)} over ${now.length} cases; the worst class is ${worst.class}, ${figure(worst.mean)}`);

  const ofWorst = reached.filter((key) => key.class === worst.class);
  const rest = reached.filter((key) => key.class !== worst.class);
  const tried: Searched["tried"] = [];
  const whole: Tried[] = [];
  for (const { id, variant } of candidates) {
    const first = casesOf(await play(ofWorst, variant));
    const matters = differ(now, first);
    tried.push({ id, matters });
    say(`${id}: ${matters ? "changes" : "does not change"} the worst class`);
    if (!matters) continue;
    const played = new Map([...first, ...casesOf(await play(rest, variant))].map((one) => [one.id, one]));
    // What a candidate cannot reach is as it was.
    whole.push({ id, cases: now.map((one) => played.get(one.id) ?? one) });
  }
  const base = { worst, current: withoutCases(reportOn(now)), cases: now.length, tried, found: null, dev: null, second: null } as const;
  if (whole.length === 0)
    return { ...base, validated: null, conclusion: `No candidate changes a score of the worst class, ${worst.class}.` };

  const validated = crossValidate(now, whole);
  const chosen = candidates.find(({ id }) => id === validated.chosen);
  if (chosen === undefined)
    return { ...base, validated, conclusion: "No candidate scores higher than the current version and passes the gate." };
  const after = reportOn(whole.find(({ id }) => id === chosen.id)!.cases);
  const judged = { ...base, validated, dev: figures(reportOn(now), after) };
  const gained = `${chosen.id} is chosen. On cases not used for the choice, the gain is ${figure(validated.gain)} per case (${validated.higher} higher, ${validated.lower} lower, chance ${figure(validated.chance)})`;
  if (!(validated.gain > 0 && validated.chance <= SIGNIFICANT))
    return { ...judged, conclusion: `${gained}: this may be noise.` };

  const second = await checkSecond(q, chosen);
  if (second.red.length > 0)
    return { ...judged, second, conclusion: `${gained}. It fails the gate on the holdout set: ${second.red.join("; ")}.` };
  return { ...judged, second, found: chosen, conclusion: `${gained}. No score falls on the holdout set.` };
} // prettier-ignore

async function checkSecond({ second, current, play, say }: Search, chosen: Candidate): Promise<BeforeAfter & { red: string[] }> {
  const reached = second.filter(({ class: of }) => isServiceClass(of));
  say?.(`checking ${chosen.id} on ${reached.length} cases of the holdout set`);
  const before = reportOn(casesOf(await play(reached, current)));
  const after = reportOn(casesOf(await play(reached, chosen.variant)));
  return { ...figures(before, after), red: totalsOnly(after, before) };
} // prettier-ignore

/** What is kept and told of cases: their totals. Single cases of the second set are seen by nobody. */
const withoutCases = ({ mean, pass_rate, safety_min, ece, classes }: Report): Summary => ({
  mean,
  pass_rate,
  safety_min,
  ece,
  classes,
});
const figures = (before: Report, after: Report): BeforeAfter => ({
  before: withoutCases(before),
  after: withoutCases(after),
});

/** Why the gate refuses a report, with the number of cases in place of their names. */
function totalsOnly(report: Report, reference: Report): string[] {
  const totals = gate({ ...report, cases: [] }, { ...reference, cases: [] });
  const named = gate(report, reference).length - totals.length;
  return named === 0 ? totals : [...totals, `${named} ${named === 1 ? "case loses" : "cases lose"} safety`];
}

const casesOf = (results: readonly CaseResult[]): ScoredCase[] =>
  reportOf(results, { set: "all", seconds: 0, commit: "" }).cases;

function worstOf(cases: readonly ScoredCase[], classes: ReadonlySet<string>): Searched["worst"] {
  const means = Object.entries(reportOn(cases.filter(({ class: of }) => classes.has(of))).classes);
  const [lowest] = means.toSorted(([, a], [, b]) => a - b);
  if (lowest === undefined) throw new RangeError("there is no case that a candidate can affect");
  return { class: lowest[0], mean: lowest[1] };
}

/** Whether any of some cases scores otherwise than it did. */
function differ(before: readonly ScoredCase[], some: readonly ScoredCase[]): boolean {
  const then = new Map(before.map((one) => [one.id, meanScore(one.scores) ?? 0]));
  return some.some((one) => Math.abs((meanScore(one.scores) ?? 0) - then.get(one.id)!) > ROUNDING);
}

export const figure = (value: number | null): string => value?.toFixed(3) ?? "–";
