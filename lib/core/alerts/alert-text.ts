import { withoutUnseen } from "../base/unseen";

/** Bounds of what an alert may say. Wide enough for any rule, narrow enough that one alert cannot hurt the rest. */
export const ALERT_LIMITS = {
  name: 200,
  scope: 60,
  labels: 64,
  labelName: 100,
  labelValue: 500,
  annotations: 32,
  annotationText: 2_000,
  summary: 300,
  url: 1_000,
} as const;

/** Control characters, separators that break a line, and marks that make text read in another order than it is stored. */
// oxlint-disable-next-line no-control-regex -- taking out control characters is the purpose
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g;
// oxlint-disable-next-line no-control-regex -- as above, but lines may break
const UNSAFE_IN_LINES = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g;

/**
 * Text as it may be kept and shown: whole characters only, runs of control characters become one space, cut at `max`
 * UTF-16 units with an ellipsis. `lines` keeps line feeds. Markup in it is data. An alert is worth more than its odd
 * characters, so they are taken out here and not refused.
 */
export function cleanText(text: string, max: number, lines = false): string {
  // What is cut off anyway need not be cleaned: a megabyte of text costs no more than a full field.
  const rough = text.length > 4 * max ? text.slice(0, 4 * max) : text;
  const clean = rough
    .toWellFormed()
    .replace(lines ? UNSAFE_IN_LINES : UNSAFE, " ")
    .trim();
  return clean.length <= max ? clean : `${clean.slice(0, max - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/**
 * Text by which something is known on screen, cleaned as above and of what nobody can see (see `withoutUnseen`), so that two names that
 * look the same are the same.
 */
export const cleanName = (text: string, max: number): string => cleanText(withoutUnseen(cleanText(text, max)), max);
