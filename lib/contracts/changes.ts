import { z } from "zod";
import { EFFECT_METRICS, EFFECT_VERDICTS } from "@/lib/core/agents/change-effect";
import { CHANGE_KINDS, SUBJECT_KINDS } from "@/lib/core/base/vocabulary";
import { resource } from "./endpoint";
import { PATHS } from "./paths";
import { identifier, nameText } from "./plain-text";
import { timestamp } from "./timestamp";

const name = nameText(200);

/** Names of changed files that are taken: GitHub's comparison of two commits ends at as many. */
const FILES_MAX = 300;
const FILE_NAME_MAX = 1_000;
/** Characters of a diff that are looked at: half of what a request may hold, since JSON writes ends of lines with two. */
const DIFF_MAX = 500_000;

/** A declared change: what follows it is a new level, not an anomaly. */
export const ChangeBody = z
  .object({
    subject_kind: z.enum(SUBJECT_KINDS).default("agent"),
    subject_id: identifier(200),
    kind: z.enum(CHANGE_KINDS),
    at: timestamp.optional(),
    from: name.optional(),
    to: name
      .optional()
      .describe(
        "a version; for a service also a commit hash or owner/name@hash, whose diff is read by investigations if the services file maps the repository to the service",
      ),
    note: z.string().max(1000).optional(),
    files: z
      .array(z.string().min(1).max(FILE_NAME_MAX))
      .max(FILES_MAX)
      .optional()
      .describe("services only: paths of the changed files; 100 are kept"),
    diff: z
      .string()
      .max(DIFF_MAX)
      .optional()
      .describe(
        "services only: the diff, as `git diff` writes it. 20,000 characters are kept, code before documents and tests, without secrets; investigations weigh and quote it",
      ),
  })
  .superRefine(({ subject_kind: kind, ...body }, context) => {
    for (const field of ["files", "diff"] as const)
      if (kind === "agent" && body[field] !== undefined)
        context.addIssue({ code: "custom", path: [field], message: "may be given for services only" });
  })
  .meta({ id: "ChangeBody" });
export type ChangeBody = z.infer<typeof ChangeBody>;

/** What calls were like before and after a change that nobody declared; it does not say that the change is why. */
export const ChangeEffectView = z
  .object({
    measured_at: z.int(),
    settled: z.boolean().describe("the comparison is final: no further calls are included"),
    metrics: z.array(
      z.object({
        metric: z
          .enum(EFFECT_METRICS)
          .describe("median cost in USD and median latency of a call; share of failed calls"),
        before: z.number().nullable(),
        after: z.number().nullable(),
        calls_before: z.int(),
        calls_after: z.int(),
        verdict: z.enum(EFFECT_VERDICTS).describe("Mann–Whitney test at the 1 % level in either direction"),
      }),
    ),
  })
  .meta({ id: "ChangeEffect" });

export const ChangeView = z
  .object({
    id: z.string(),
    subject_kind: z.enum(SUBJECT_KINDS),
    subject_id: z.string(),
    kind: z.enum(CHANGE_KINDS),
    at: z.int(),
    declared: z.boolean(),
    from: z.string().nullable(),
    to: z.string().nullable(),
    note: z.string().nullable(),
    source: z.string(),
    effect: ChangeEffectView.nullable().describe("null: declared, not measured yet, or the calls are past retention"),
  })
  .meta({ id: "ChangeView" });
export type ChangeView = z.infer<typeof ChangeView>;
export const ChangesAnswer = z.object({ changes: z.array(ChangeView) });

export const ChangesQuery = z.object({
  subject: z.string().max(200).optional(),
  subject_kind: z.enum(SUBJECT_KINDS).optional(),
  q: z.string().max(200).optional().describe("text to find in the subject's name, the values, the note or the source"),
  kind: z.enum(CHANGE_KINDS).optional(),
  declared: z.enum(["true", "false"]).optional().describe("false: detected only"),
  before: z.coerce.number().int().optional().describe("return changes before this time, epoch ms"),
  limit: z.coerce.number().int().min(1).max(500).default(200),
});

export const CHANGES = resource(PATHS.CHANGES, {
  GET: {
    auth: "viewer",
    drills: true,
    summary: "Changes, declared and detected, newest first",
    query: ChangesQuery,
    response: ChangesAnswer,
  },
  POST: {
    auth: ["operator", "ingestKey"],
    scope: "changes",
    summary: "Declares a change, so that what follows starts a new baseline instead of raising an anomaly",
    body: ChangeBody,
    response: ChangeView,
    status: 201,
  },
});
