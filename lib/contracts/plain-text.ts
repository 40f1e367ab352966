import { z } from "zod";
import { UNSEEN } from "@/lib/core/base/unseen";

// oxlint-disable-next-line no-control-regex -- refusing control characters is the purpose
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/**
 * A line of text as a person or a program names something: not empty, bounded, no control characters, and whole
 * characters only (half a surrogate pair would come back from the database as another name). Markup in it is data.
 */
const plainText = (max: number): z.ZodString =>
  z
    .string()
    .min(1)
    // What is too long is not looked at further: composing a megabyte of accents (NFC) would take minutes.
    .max(max, { abort: true })
    .refine(
      (text) => !CONTROL.test(text) && text.isWellFormed(),
      "must not contain control characters or lone surrogates",
    );

const codePoint = (text: string): string => `U+${text.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;

const isComposed = (text: string): boolean => text === text.normalize("NFC");

/**
 * Plain text by which something is known: two that look the same are the same. No characters that cannot be seen, and in
 * Unicode's composed form (NFC), so that `é` is always written in one way. The refusal names the character.
 */
export const nameText = (max: number): z.ZodString =>
  plainText(max)
    .refine((text) => !UNSEEN.test(text), {
      error: ({ input }) =>
        `must not contain ${codePoint(UNSEEN.exec(String(input))?.[0] ?? " ")}, which is invisible or indistinguishable`,
    })
    .refine(isComposed, "must be in Unicode's composed form (NFC)");

/**
 * A zero-width joiner or non-joiner after a letter of a script that is written with them (Persian, the scripts of India …); not
 * of those that Sentinel's own words and most names are in, where it would only hide.
 */
const JOINED =
  /(?<=(?![\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Han}\p{Script=Inherited}])[\p{L}\p{M}])[\u200c\u200d](?=[\p{L}\p{M}])/gu;

/** What a person is called: as `nameText`, but with the joiners that names of many languages have. */
export const personName = (max: number): z.ZodString =>
  plainText(max).refine((text) => nameText(max).safeParse(text.replace(JOINED, "")).success && isComposed(text), {
    error: "must not contain invisible or indistinguishable characters",
  });

/** Names that a path of a URL cannot hold: a browser, a proxy and `fetch` all take them for steps. */
const STEPS: ReadonlySet<string> = new Set([".", ".."]);

/**
 * The id of something that has a page or a route of its own, such as an agent or a service: a name (`nameText`), and neither `.`
 * nor `..`, which no URL can name, so that what is called so could not be looked at and not be held.
 */
export const identifier = (max: number): z.ZodString =>
  nameText(max).refine((text) => !isStep(text), "must not be . or .., which cannot be part of a URL");

export const isStep = (text: string): boolean => STEPS.has(text);

/** Of a view: which other name is easily taken for this one. */
export const looksLike = z
  .string()
  .nullable()
  .describe("another name of the same kind that looks the same (Unicode UTS #39)");
