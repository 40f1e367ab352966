import { format } from "date-fns";
import type { CaseSet } from "@/lib/contracts/evals";
import type { EvalRunView } from "@/lib/contracts/eval-runs";

/** Longer lists of cases are not spelled out in a name. */
const PART = 30;

/** What a set of cases is called. */
export const SET: Record<CaseSet, string> = { dev: "Dev set", second: "Holdout set", frozen: "Exported incidents" };

export const casesOf = (n: number): string => `${n} ${n === 1 ? "case" : "cases"}`;

/** A run as it is named in lists: when, of which code. */
export const runName = ({ id, started_at: at, commit, set, whole, part, total }: EvalRunView): string =>
  [
    at === null ? (id === "reference" ? "Reference" : id) : format(at, "d MMM HH:mm"),
    commit,
    whole
      ? `${set === "all" ? "both sets," : (set ?? "")} ${casesOf(total)}`.trim()
      : total === 1 && part
        ? part
        : set === "frozen"
          ? `exported incidents, ${casesOf(total)}`
          : `${part && part.length <= PART ? classWords(part) : "part"}, ${casesOf(total)}`,
  ].join(" · ");

export const figure = (value: number | null | undefined, digits = 2): string =>
  value == null ? "–" : value.toFixed(digits);

/** A difference with its sign; what rounds to nothing has none. */
export const signed = (value: number, digits = 2): string => {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? "±0" : `${value > 0 ? "+" : "−"}${text}`;
};

/** Classes are words with dashes or blanks. */
export const classWords = (name: string): string => name.replaceAll("-", " ");
