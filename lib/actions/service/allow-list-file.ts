import { isIP } from "node:net";
import { z } from "zod";
import { RISKS, CAUSE_KINDS } from "@/lib/core/base/vocabulary";
import { READY_MADE, type ReadyMadeName } from "./ready-made";

/** The operation that proposes a change of Sentinel itself; no file has it. */
export const IMPROVEMENT = "propose_improvement";

const MAX_ITEMS = 64;
/** A minute is ample for an order; what takes longer says so. No operation may hold up an incident for more than ten. */
const TIMEOUT_MS = 60_000;
const WEBHOOK_TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 600_000;

const short = z.string().min(1).max(200);
/** One item of an argv, or a value: no control characters, so that it shows as it is. */
const item = z
  .string()
  .min(1)
  .max(2_000)
  .regex(/^\P{Cc}+$/u, "must not contain control characters");
const entryName = z
  .string()
  .regex(/^[a-z\d][a-z\d._-]{0,63}$/, "must be lower case letters, digits, dot, underscore, hyphen");
/** An argument is never mistaken for an option. */
const word = item.max(200).regex(/^[^-]/, "must not begin with a hyphen");
const nameWord = z.string().regex(/^[A-Za-z\d][\w.-]{0,127}$/, "must be a name");

const param = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("enum"), values: z.array(word).min(1).max(64), default: word }),
  z.strictObject({ type: z.literal("int"), min: z.int().min(0), max: z.int(), default: z.int() }),
  z.strictObject({ type: z.literal("name"), default: nameWord }),
]);
/** `service` is filled in by us, `entry` is the operation's own name where arguments are kept. */
const paramName = z
  .string()
  .regex(/^[a-z][a-z\d_]{0,31}$/, "must be lower case letters, digits, underscore")
  .refine((name) => name !== "service" && name !== "entry", "is reserved");

const base = {
  name: entryName
    .refine((name) => name !== "notify", "notify is built in")
    .refine((name) => name !== IMPROVEMENT, `${IMPROVEMENT} is built in`),
  title: short,
  services: z.array(z.string().regex(/^[\w.*-]{1,128}$/, "must be a service's name; * stands for any part")).min(1),
  remedies: z.array(z.enum(CAUSE_KINDS)).min(1),
  risk: z.enum(RISKS),
  reversible: z.boolean().optional(),
  undo: z
    .strictObject({
      action: entryName,
      args: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    })
    .nullable()
    .default(null),
  blast_radius: z.string().min(1).max(500),
};
const params = z.record(paramName, param).default({});
const timeout = (usual: number) => z.int().min(100).max(MAX_TIMEOUT_MS).default(usual);

const Command = z.strictObject({
  ...base,
  kind: z.literal("command"),
  argv: z.array(item).min(1).max(MAX_ITEMS),
  dry_run: z.array(item).min(1).max(MAX_ITEMS).nullable().default(null),
  cwd: z.string().min(1).nullable().default(null),
  env: z
    .array(z.string().regex(/^[A-Za-z_]\w*$/))
    .max(32)
    .default([]),
  timeout_ms: timeout(TIMEOUT_MS),
  params,
  destroys_evidence: z.boolean().default(true),
});

const OnWebhook = z.strictObject({
  ...base,
  kind: z.literal("webhook"),
  url: z.string().max(2_000).refine(isSafeUrl, "must be https, or http to loopback, without credentials in it"),
  body: z
    .record(z.string().min(1), z.union([z.string().max(2_000), z.number(), z.boolean()]))
    .nullable()
    .default(null),
  secret: short.default("default"),
  timeout_ms: timeout(WEBHOOK_TIMEOUT_MS),
  params,
  destroys_evidence: z.boolean().default(false),
});

const RollbackPr = z.strictObject({
  ...base,
  title: base.title.default("Open a rollback pull request"),
  risk: base.risk.default("reversible"),
  blast_radius: base.blast_radius.default("A pull request on {repository}; nothing changes until somebody merges it"),
  kind: z.literal("rollback_pr"),
  owner: nameWord,
  repo: nameWord,
  base: z
    .string()
    .regex(/^[A-Za-z\d](?:[\w./-]{0,198}\w)?$/, "must be a branch")
    .default("main"),
  paths: z
    .array(
      z
        .string()
        .regex(/^(?!\/)(?!.*(?:^|\/)\.\.?(?:\/|$))[^\p{Cc}\\]{1,400}$/u, "must be a path inside the repository"),
    )
    .min(1)
    .max(MAX_ITEMS),
  timeout_ms: timeout(TIMEOUT_MS),
  destroys_evidence: z.boolean().default(false),
});

export const FileEntry = z.discriminatedUnion("kind", [Command, OnWebhook, RollbackPr]);
export type FileEntry = z.infer<typeof FileEntry>;

/** An entry that is ready-made, before it is expanded. */
export const Use = z.looseObject({
  use: z.enum(Object.keys(READY_MADE) as [ReadyMadeName, ...ReadyMadeName[]]),
  with: z.record(z.string(), item).default({}),
});

/** What is signed is not secret by that: it travels encrypted, or does not leave the machine. A user in a URL would end up in logs. */
function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== "" || password !== "") return false;
  const host = hostname.replace(/^\[|\]$/g, "");
  const loopback = host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
  return protocol === "https:" || (protocol === "http:" && loopback);
}
