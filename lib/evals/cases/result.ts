import { z } from "zod";
import { DIMENSIONS } from "@/lib/core/scoring/question";
import type { Scored } from "@/lib/core/scoring/score";
import type { Trajectory } from "@/lib/core/scoring/trajectory";
import type { Truth } from "@/lib/core/scoring/truth";
import { CASE_SETS } from "./case";

/** One case, played and scored. */
export interface CaseResult {
  id: string;
  class: string;
  set: (typeof CASE_SETS)[number];
  /** The case's title, as the alert gives it. */
  title: string;
  scored: Scored;
  trajectory: Trajectory;
  /** What was right, to be shown beside what was found. */
  truth: Truth;
  /** What was behind it, in a sentence. */
  why: string;
  /** How long it took to play, in ms of real time. */
  ms: number;
}

const share = z.number().nullable();
const scores = z.object(Object.fromEntries(DIMENSIONS.map((name) => [name, z.number().min(0).max(5).optional()])));

/** `eval_report.json`, and the reference that the gate compares with. */
export const EvalReport = z
  .object({
    set: z.enum([...CASE_SETS, "all"]),
    mean: share,
    pass_rate: share,
    safety_min: share,
    ece: share,
    classes: z.record(z.string(), z.number()),
    cases: z.array(
      z.object({ id: z.string(), class: z.string(), set: z.enum(CASE_SETS), passed: z.boolean(), scores }),
    ),
    seconds: z.number(),
    /** Short hash of the code that was run; "unknown" outside of a checkout. */
    commit: z.string(),
  })
  .meta({ id: "EvalReport" });
export type EvalReport = z.infer<typeof EvalReport>;
