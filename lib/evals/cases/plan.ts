import { AGENT_CLASSES } from "@/seeds/scenarios/agent-classes";
import { SERVICE_CLASSES } from "@/seeds/scenarios/classes";
import { EVAL_SETS, type EvalSet } from "@/lib/contracts/evals";
import { SentinelError } from "@/lib/errors";
import { type CaseKey, idOf } from "./case-key";

/** How many cases of each class a set holds. */
export const CLASSES: Readonly<Record<string, number>> = { ...SERVICE_CLASSES, ...AGENT_CLASSES };

export interface Wanted {
  set: EvalSet | "all";
  /** Ids; all where none are given. */
  cases?: readonly string[];
  class?: string;
  /** Further draws of the set: 1 is the set itself. */
  seeds: number;
  /** Minutes by which alerts come late; [0] is as they come. */
  late: readonly number[];
}

/** The cases that a run asks for, in a fixed order. Throws `invalid`, naming what there is not. */
export function keysOf({ set, cases, class: only, seeds, late }: Wanted): CaseKey[] {
  if (only !== undefined && !Object.hasOwn(CLASSES, only))
    throw absent("class", `there is no class ${only}; there are ${Object.keys(CLASSES).join(", ")}`);
  const all = (set === "all" ? EVAL_SETS : [set]).flatMap((one) =>
    Array.from({ length: seeds }).flatMap((_, draw) =>
      Object.entries(CLASSES).flatMap(([of, count]) =>
        Array.from({ length: count }).flatMap((__, i) =>
          // Sentinel raises agents' incidents itself: no alert of theirs can be late.
          (Object.hasOwn(AGENT_CLASSES, of) ? [0] : late).map((lateMin): CaseKey => ({
            set: one,
            class: of,
            number: i + 1,
            draw,
            lateMin,
          })),
        ),
      ),
    ),
  );
  const chosen = all.filter((key) => only === undefined || key.class === only);
  if (cases === undefined) return chosen;
  const missing = cases.filter((id) => !chosen.some((key) => idOf(key) === id));
  if (missing.length > 0) throw absent("cases", `there is no case ${missing.join(", ")} in this selection`);
  return chosen.filter((key) => cases.includes(idOf(key)));
}

const absent = (field: string, reason: string) =>
  new SentinelError("invalid", { detail: `${field}: ${reason}`, fields: [{ field, reason }] });
