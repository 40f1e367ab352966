import { z } from "zod";

/**
 * One measured table, as an evaluation writes it to `lib/evals/results/*.json` and the console shows it. `target` and
 * `measured` are said in words with their units; `ok` is null where the figure is reported and not enforced.
 */
export const EvalResult = z
  .object({
    title: z.string(),
    /** What was run, so that anybody can run it again. */
    command: z.string(),
    /** ISO 8601. */
    measured_at: z.iso.datetime({ offset: true }),
    /** Where it ran: cores, Node version. */
    machine: z.string().optional(),
    note: z.string().optional(),
    rows: z.array(
      z.object({
        what: z.string(),
        target: z.string(),
        measured: z.string(),
        ok: z.boolean().nullable(),
        /** The same figure, each system judged by what was learned on the others. */
        leave_one_out: z.string().optional(),
        /** What others have published for it. */
        published: z.string().optional(),
      }),
    ),
  })
  .meta({ id: "EvalResult" });
export type EvalResult = z.infer<typeof EvalResult>;

/** The figures of a run over cases; null where there is nothing to take them of. */
export const EvalSummary = z
  .object({
    mean: z.number().nullable(),
    pass_rate: z.number().nullable(),
    safety_min: z.number().nullable(),
    ece: z.number().nullable(),
    classes: z.record(z.string(), z.number()),
    seconds: z.number(),
  })
  .meta({ id: "EvalSummary" });
export type EvalSummary = z.infer<typeof EvalSummary>;
