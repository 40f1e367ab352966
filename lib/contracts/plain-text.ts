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

/** Names that a path of a URL cannot hold: a browser, a proxy and `fetch` all take them for steps. */
const STEPS: ReadonlySet<string> = new Set([".", ".."]);

/**
 * The id of something that has a page or a route of its own, such as an agent or a service: plain text, and neither `.`
 * nor `..`, which no URL can name, so that what is called so could not be looked at and not be held.
 */
export const identifier = (max: number): z.ZodString =>
  plainText(max).refine((text) => !isStep(text), "must not be . or .., which no URL can name");

export const isStep = (text: string): boolean => STEPS.has(text);
