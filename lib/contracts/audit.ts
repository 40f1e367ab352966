import { z } from "zod";
import { AUDIT_ACTORS } from "@/lib/core/base/audit-chain";
import { resource } from "./endpoint";
import { PATHS } from "./paths";

const hash = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 hash: 64 hexadecimal digits");

export const AuditEntryView = z
  .strictObject({
    seq: z.int().min(1),
    at: z.int().describe("epoch ms"),
    actor: z.strictObject({
      kind: z.enum(AUDIT_ACTORS),
      id: z.string(),
      name: z.string().describe("at the time"),
    }),
    action: z.string().describe("a dotted verb, such as incident.acknowledge"),
    subject: z.strictObject({ kind: z.string(), id: z.string() }),
    details: z.record(z.string(), z.unknown()),
    prev: hash.describe("hash of the entry before; 64 zeros before the first"),
    hash: hash.describe(
      'SHA-256 of "sentinel audit log entry v1", a line feed, and the canonical JSON (RFC 8785) of all other members',
    ),
  })
  .meta({ id: "AuditEntry" });
export type AuditEntryView = z.infer<typeof AuditEntryView>;

export const AuditHeadView = z.strictObject({ seq: z.int().min(0), hash, at: z.int() }).meta({ id: "AuditHead" });

const id = z.string().min(1).max(1_000);
const time = z.coerce.number().int();

export const AuditQuery = z
  .object({
    actor: id.optional().describe("ID of who did it, as in an entry"),
    action: z
      .string()
      .regex(/^[a-z_]+(?:\.[a-z_]+)?$/, "must be an action such as incident.acknowledge, or its first word")
      .optional()
      .describe("an action, or the word before its dot: incident finds incident.acknowledge"),
    subject: id.optional().describe("ID of what it was done to"),
    from: time.optional().describe("epoch ms"),
    to: time.optional().describe("epoch ms"),
    before: z.coerce.number().int().min(1).optional().describe("return entries with a lower number"),
    limit: z.coerce.number().int().min(1).max(500).default(100),
    format: z.enum(["json", "jsonl"]).default("json").describe("jsonl: the export, which takes only `after`"),
    after: z.coerce.number().int().min(0).default(0).describe("of an export: begin behind this number"),
  })
  .superRefine(({ format, after, limit: _limit, ...filter }, context) => {
    if (format === "json" && after > 0)
      context.addIssue({ code: "custom", path: ["after"], message: "applies only to format=jsonl; use before" });
    if (format === "jsonl")
      for (const [name, value] of Object.entries(filter))
        if (value !== undefined)
          context.addIssue({ code: "custom", path: [name], message: "an export has no filter: rows would be missing" });
  });

const AuditAnswer = z.object({ entries: z.array(AuditEntryView) });

export const AUDIT = resource(PATHS.AUDIT, {
  GET: {
    auth: "admin",
    summary:
      "The audit log, newest first; format=jsonl streams all of it, oldest first, one entry a line, with its head as the last line",
    query: AuditQuery,
    response: AuditAnswer,
  },
});

export const AuditCheckView = z
  .object({
    state: z.enum(["none", "running", "intact", "broken"]).describe("none: nothing was checked yet"),
    verified_to: z.int().min(0).describe("the last entry that was found as it was written"),
    at: z.int().nullable().describe("when that was found, epoch ms"),
    broken: z.object({ seq: z.int(), reason: z.string() }).nullable().describe("the first row that is not as written"),
  })
  .meta({ id: "AuditCheck" });
export type AuditCheckView = z.infer<typeof AuditCheckView>;

export const AUDIT_HEAD = resource(PATHS.AUDIT_HEAD, {
  GET: {
    auth: "admin",
    summary:
      "The newest entry's number and hash, to be kept elsewhere; and how far this server has verified the log. Asking starts a verification in the background",
    response: z.object({
      head: AuditHeadView.nullable().describe("null: the log is empty"),
      check: AuditCheckView,
      actors: z.array(z.object({ kind: z.enum(AUDIT_ACTORS), id: z.string(), name: z.string() })),
    }),
  },
});
