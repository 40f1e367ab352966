import { z } from "zod";
import { EFFECT_METRICS, EFFECT_VERDICTS } from "@/lib/core/agents/change-effect";
import { CHANGE_KINDS, SUBJECT_KINDS } from "@/lib/core/base/vocabulary";
import { isoTime } from "@/lib/contracts/timestamp";
import { invalidField } from "@/lib/errors";
import { type ChangesEnd, pageOfChanges } from "@/lib/views/changes";
import { READ_TIMEOUT_MS, tool } from "../tool";
import { iso, quotedOrNull, time } from "../words";

/** Changes of a page: fifty with notes and effects are some 50,000 characters. */
const LIMIT = { default: 20, max: 50 } as const;

/** A moment in ms and an ID. */
const CURSOR_CHARS = 120;
const CURSOR = /^(\d{1,16})\.(.+)$/;

function endOf(cursor: string): ChangesEnd {
  const [, at, id] = CURSOR.exec(cursor) ?? [];
  if (at === undefined || id === undefined) throw invalidField("cursor", "must be `next_cursor` of a previous page");
  return { at: Number(at), id };
}

export const SEARCH_CHANGES = tool({
  name: "search_changes",
  title: "Search changes",
  description:
    "Deploys and changes of prompts, models, tools, configuration and scale, newest first, with what calls were like before and after. Declared: a person or a pipeline reported it; otherwise Sentinel detected it. An effect is a comparison in time: it does not prove that the change is the reason.",
  input: z.strictObject({
    q: z.string().max(200).optional().describe("text in the subject's name, the values, the note or the source"),
    subject: z.string().max(200).optional().describe("ID of an agent or a service"),
    subject_kind: z.enum(SUBJECT_KINDS).optional(),
    kind: z.enum(CHANGE_KINDS).optional(),
    declared: z.boolean().optional(),
    before: isoTime.optional().describe("changes before that time"),
    cursor: z.string().max(CURSOR_CHARS).optional().describe("`next_cursor` of the previous page"),
    limit: z.int().min(1).max(LIMIT.max).default(LIMIT.default),
  }),
  output: z.object({
    changes: z.array(
      z.object({
        id: z.string(),
        subject_kind: z.enum(SUBJECT_KINDS),
        subject: z.string(),
        kind: z.enum(CHANGE_KINDS),
        at: time,
        declared: z.boolean(),
        from: z.string().nullable(),
        to: z.string().nullable(),
        note: z.string().nullable(),
        source: z.string().nullable(),
        effect: z
          .array(
            z.object({
              metric: z.enum(EFFECT_METRICS).describe("medians of a call in USD and ms; share of failed calls"),
              before: z.number().nullable(),
              after: z.number().nullable(),
              verdict: z.enum(EFFECT_VERDICTS),
            }),
          )
          .nullable()
          .describe("null: declared, or not measured"),
      }),
    ),
    next_cursor: z.string().nullable().describe("for the next page; null: this is the last one"),
  }),
  timeoutMs: READ_TIMEOUT_MS,
  async run({ declared, cursor, ...input }, { db }) {
    const { changes, end } = await pageOfChanges(db, {
      ...input,
      ...(cursor === undefined ? {} : { after: endOf(cursor) }),
      ...(declared === undefined ? {} : { declared: declared ? "true" : "false" }),
    });
    return {
      changes: changes.map((row) => ({
        id: row.id,
        subject_kind: row.subject_kind,
        subject: row.subject_id,
        kind: row.kind,
        at: iso(row.at),
        declared: row.declared,
        from: quotedOrNull(row.from),
        to: quotedOrNull(row.to),
        note: quotedOrNull(row.note),
        source: quotedOrNull(row.source),
        effect:
          row.effect &&
          row.effect.metrics.map(({ metric, before, after, verdict }) => ({ metric, before, after, verdict })),
      })),
      next_cursor: end && `${end.at}.${end.id}`,
    };
  },
});
