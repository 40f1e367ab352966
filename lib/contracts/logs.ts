import { z } from "zod";
import { epochSeconds } from "@/lib/core/base/epoch";
import { levelName } from "@/lib/core/evidence/log-message";
import { resource } from "./endpoint";
import { PATHS } from "./paths";
import { identifier } from "./plain-text";
import { fieldPath } from "./problem";
import { isEpochMs } from "./timestamp";

/** Characters of a pushed line that are kept; a longer one is cut. */
export const PUSHED_LINE_CHARS = 8_000;
const LINES_MAX = 5_000;
/** Problems that are listed; those beyond repeat themselves. */
const LISTED = 100;

/** Epoch ms, from ISO 8601 with an offset (`Z`, `+02:00`, `+03`; a blank for the `T`) or a number since 1970 in any unit. */
const time = z.union([z.string().max(64), z.number()]).transform((value, context): number => {
  const number = typeof value === "number" ? value : /^\d{9,20}(?:\.\d{1,9})?$/.test(value) ? Number(value) : null;
  const seconds = number === null ? null : epochSeconds(number);
  const ms = number === null ? isoMs(String(value)) : seconds === null ? NaN : Math.round(seconds * 1_000);
  if (isEpochMs(ms)) return ms;
  context.addIssue({
    code: "custom",
    message: "expected an ISO 8601 time with offset, or a Unix timestamp (s, ms, µs or ns)",
  });
  return z.NEVER;
});

function isoMs(text: string): number {
  const whole = text
    .trim()
    .replace(/^(\d{4}-\d\d-\d\d) /, "$1T")
    .replace(",", ".");
  const offset = /[+-]\d\d$/.test(whole.slice(19)) ? `${whole}:00` : whole.replace(/([+-]\d\d)(\d\d)$/, "$1:$2");
  return z.iso.datetime({ offset: true }).safeParse(offset.replace(/ (?=[Z+-])/, "")).success
    ? Date.parse(offset.replace(/ (?=[Z+-])/, ""))
    : NaN;
}

const PushedLine = z.object({
  service: identifier(200),
  line: z
    .string()
    .refine((line) => line.trim() !== "", "is blank")
    .transform((line) => line.toWellFormed()),
  /** What is no level is left out: the line counts. */
  level: z
    .union([z.string(), z.number()])
    .nullish()
    .transform((level) => (level == null ? null : levelName(level)))
    .catch(null),
  timestamp: time.nullish(),
});
export type PushedLine = z.output<typeof PushedLine>;

/** Lines are judged one by one, so that a bad one does not take the rest with it. */
export const LogsBody = z.object({ lines: z.array(z.unknown()).min(1).max(LINES_MAX) }).meta({ id: "LogsBody" });
export type LogsBody = z.output<typeof LogsBody>;

const LogsBodyDoc = z
  .object({
    lines: z
      .array(
        z.object({
          service: z.string().min(1).max(200),
          line: z.string().min(1).describe(`truncated to ${PUSHED_LINE_CHARS} characters`),
          level: z.union([z.string(), z.number()]).nullish(),
          timestamp: z
            .union([z.string(), z.number()])
            .nullish()
            .describe("ISO 8601 with offset, or a Unix timestamp (s, ms, µs or ns); default: now"),
        }),
      )
      .min(1)
      .max(LINES_MAX),
  })
  .meta({ id: "LogsBodyDoc" });

const LogsAnswer = z
  .object({
    accepted: z.int().describe("lines that were stored"),
    cut: z.int().describe(`of these, lines truncated to ${PUSHED_LINE_CHARS} characters`),
    rejected: z
      .array(
        z.object({
          index: z.int(),
          field: z.string().describe("path such as `lines[3].line`"),
          reason: z.string(),
        }),
      )
      .describe(`at most ${LISTED} problems`),
    rejected_lines: z.int().describe("lines that had a problem; the others were stored"),
  })
  .meta({ id: "LogsAnswer" });
export type LogsAnswer = z.output<typeof LogsAnswer>;

/** What a batch held. */
export interface PushedLines extends Omit<LogsAnswer, "accepted"> {
  good: PushedLine[];
}

/**
 * Judges lines one by one: good ones are kept, long ones cut, bad ones named with their field. Lines of a service that the sender
 * may not speak for (`isTheirs`) are bad ones. So many problems are listed at most as `listed` says.
 */
export function parseLines(
  lines: readonly unknown[],
  isTheirs: (service: string) => boolean = () => true,
  listed: number = LISTED,
): PushedLines {
  const parsed: PushedLines = { good: [], cut: 0, rejected: [], rejected_lines: 0 };
  const Line = PushedLine.refine(({ service }) => isTheirs(service), {
    path: ["service"],
    error: "this key may not send logs of this service",
  });
  lines.forEach((raw, index) => {
    const result = Line.safeParse(raw);
    if (result.success) {
      const { line } = result.data;
      const long = line.length > PUSHED_LINE_CHARS;
      if (long) parsed.cut++;
      parsed.good.push(
        long ? { ...result.data, line: `${line.slice(0, PUSHED_LINE_CHARS - 1).toWellFormed()}…` } : result.data,
      );
      return;
    }
    parsed.rejected_lines++;
    for (const issue of result.error.issues) {
      if (parsed.rejected.length >= listed) return;
      parsed.rejected.push({ index, field: fieldPath(["lines", index, ...issue.path]), reason: issue.message });
    }
  });
  return parsed;
}

/** Lines of logs, pushed by whoever has no Loki. */
export const LOGS = resource(PATHS.LOGS, {
  POST: {
    auth: "ingestKey",
    scope: "logs",
    summary: "Receives log lines of services, as evidence",
    body: LogsBody,
    bodyDoc: LogsBodyDoc,
    response: LogsAnswer,
    status: 202,
  },
});
