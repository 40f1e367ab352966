import { createParser } from "nuqs/server";

/**
 * Values of a page's address, within what the API takes: a link may have been mistyped or cut off, and a page that is asked for
 * something that does not exist shows what it shows without it.
 */
export const parseAsWhole = (least: number, most: number = Number.MAX_SAFE_INTEGER) =>
  createParser({
    parse: (text) => {
      const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
      return value >= least && value <= most ? value : null;
    },
    serialize: String,
  });

/** The API refuses longer ones; no name and no search is as long. */
const TEXT_CHARS = 200;

export const parseAsText = createParser({
  parse: (text) => (text.length <= TEXT_CHARS ? text : null),
  serialize: (text: string) => text,
});
