import { z } from "zod";
import { CAUSE_KINDS, DIAGNOSES } from "@/lib/core/base/vocabulary";
import { name } from "./case-fields";

const kinds = z.array(z.enum([...CAUSE_KINDS, ...DIAGNOSES, "no_fault"]));
const causes = z.array(z.strictObject({ node: name.nullable(), kinds }));
const remedies = z.array(z.strictObject({ action: name, target: name }));

/** What is true of it. Null: not filled in yet. */
export const CaseAnswer = z.strictObject({
  /** Its class in reports; cases of one class are averaged. */
  class: name,
  /** Ground truth, in a sentence. */
  why: z.string().min(1).nullable(),
  healthy: z.boolean().nullable(),
  /** `any`: not asked. */
  onset: z.union([z.iso.datetime({ offset: true }), z.literal("any")]).nullable(),
  severity: z.union([z.strictObject({ from: z.number().min(0), to: z.number().max(10) }), z.literal("any")]).nullable(),
  causes: z.strictObject({ right: causes.nullable(), acceptable: causes, forbidden: causes }),
  remedies: z.strictObject({ right: remedies.nullable(), acceptable: remedies, forbidden: remedies }),
  words: z.strictObject({
    required: z.array(z.array(z.string().min(1)).min(1)).nullable(),
    forbidden: z.array(z.string().min(1)),
  }),
});
export type CaseAnswer = z.infer<typeof CaseAnswer>;

/** The class of a case as long as nobody gives it another. */
export const OPEN_CLASS = "frozen";

/** An answer that nobody has given yet. */
export const openAnswer = (): CaseAnswer => ({
  class: OPEN_CLASS,
  why: null,
  healthy: null,
  onset: null,
  severity: null,
  causes: { right: null, acceptable: [], forbidden: [] },
  remedies: { right: null, acceptable: [], forbidden: [] },
  words: { required: null, forbidden: [] },
});
