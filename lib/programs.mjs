import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Where a build bundles the programs that run beside it: one file to read in place of two thousand. */
export const BUNDLES = ".next/programs";
/** The sources that the bundles were made of, each with its size and its time of change. */
export const MADE_OF = join(BUNDLES, "made-of.json");

/** What a source is known by, as make(1) would: whoever edits it or checks out another version changes its time. @param {string} file */
export function markOf(file) {
  const { size, mtimeMs } = statSync(file);
  return `${size} ${mtimeMs}`;
}

/**
 * The bundle of a program of ours, named by its source (`lib/cli/main.ts`); null: there is none, or a source has changed since it was
 * made. All paths are from the folder of the checkout, which is the working directory.
 * @param {string} source
 * @param {string} [checkout]
 * @returns {string | null}
 */
export function bundleOf(source, checkout = ".") {
  try {
    /** @type {Record<string, string>} */
    const marks = JSON.parse(readFileSync(join(checkout, MADE_OF), "utf8"));
    const current =
      source in marks && Object.entries(marks).every(([file, mark]) => markOf(join(checkout, file)) === mark);
    return current ? join(BUNDLES, source.replace(/\.ts$/, ".mjs")) : null;
  } catch {
    // Nothing was built, or a source is gone.
    return null;
  }
}

/**
 * The arguments with which Node runs a program of ours in a checkout: its bundle where that is current, else its sources.
 * @param {string} source
 * @param {string} [checkout]
 */
export function programArgs(source, checkout) {
  const bundle = bundleOf(source, checkout);
  return bundle === null ? ["--import", "tsx", source] : [bundle];
}
