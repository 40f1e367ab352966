import type { EvalSet } from "@/lib/contracts/evals";

/** What names a case: from it alone the case can be made, in any process. */
export interface CaseKey {
  set: EvalSet;
  class: string;
  /** Its number within its class, from 1. */
  number: number;
  /** Draws another case of the class; 0 unless more are asked for. */
  draw: number;
  /** Its alert comes so many minutes later than it would. Agents' cases have none that could be late: Sentinel watches them itself. */
  lateMin: number;
}

/** Classes of the recorded incidents, which are the first cases of the dev set, by the beginning of their ids. */
const RECORDED: Readonly<Record<string, string>> = {
  "bad deploy": "bad-deploy",
  "database pool exhaustion": "db-pool",
  "downstream outage": "downstream",
  "memory leak": "memory-leak",
  "config regression": "config",
};

export const idOf = ({ set, class: of, number, draw, lateMin }: CaseKey): string =>
  [
    ...(set === "second" ? ["second"] : []),
    `${RECORDED[of] ?? of.replaceAll(" ", "-")}-${String(number).padStart(2, "0")}`,
    ...(draw > 0 ? [`draw-${draw}`] : []),
    ...(lateMin > 0 ? [`late-${lateMin}`] : []),
  ].join("-");
