import { z } from "zod";

// oxlint-disable-next-line no-control-regex -- refusing control characters is the purpose
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/**
 * A line of text as a person or a program names something: not empty, bounded, no control characters, and whole
 * characters only (half a surrogate pair would come back from the database as another name). Markup in it is data.
 */
export const plainText = (max: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !CONTROL.test(text) && text.isWellFormed(), "must not contain control or half characters");
