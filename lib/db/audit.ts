import { createHash } from "node:crypto";
import { type Client, type InStatement, LibsqlError, type ResultSet } from "@libsql/client";
import { ACTS, type OwnAct } from "@/lib/core/base/audit-acts";
import {
  type AuditActor,
  type AuditActorKind,
  type AuditDraft,
  type AuditEntry,
  type AuditHead,
  chain,
  NO_HEAD,
} from "@/lib/core/base/audit-chain";
import type { EventType } from "@/lib/core/base/events";
import { redact } from "@/lib/core/evidence/redact";

/** Who does something: a person or a token by its `Person`, the command line, or a key. The name is looked up where it is left out. */
export interface By {
  id: string;
  name?: string;
}

/** Something that was done, told where it is written. */
export interface Done {
  at: number;
  by: By;
  action: string;
  subject: { kind: string; id: string };
  details?: Record<string, unknown>;
}

export const SENTINEL: By = { id: "sentinel", name: "Sentinel" };
export const COMMAND_LINE: By = { id: "command line", name: "Command line" };
/** Nobody: they did not prove who they are. */
export const NOBODY: By = { id: "", name: "not signed in" };
export const keyActor = (key: { id: string; name?: string }): By => ({
  id: `key:${key.id}`,
  ...(key.name && { name: key.name }),
});

/** What is done by nobody in particular, and has a name of its own, is done by Sentinel. */
export const done = (at: number, by: By, action: OwnAct, kind: string, id: string, details?: object): Done => ({
  at,
  by,
  action,
  subject: { kind, id },
  details: { ...details },
});

/** Members of an event's data that its entry does not repeat: who did it has a place of its own, and paging is no act. */
const NOT_DETAILS = new Set(["by", "page"]);
/** Characters of details that are kept. A settings change with every limit has some 2,000. */
const DETAILS_CHARS = 16_000;
/** Characters of one text, of a name and of an ID. */
const TEXT_CHARS = 1_000;

/** What an event says was done, where it says that. `act`: what its caller knows better than its type. */
export function doneIn(event: {
  at: number;
  type: EventType;
  agentId?: string | null;
  serviceId?: string | null;
  incidentId?: string | null;
  text: string;
  data?: object;
  act?: { action?: OwnAct; by?: By };
}): Done | null {
  const act = ACTS[event.type];
  if (act === null) return null;
  const data = { ...event.data } as Record<string, unknown>;
  const { by, keyId } = data;
  const own: By | null =
    typeof by === "string" ? { id: by } : typeof keyId === "string" ? keyActor({ id: keyId }) : null;
  return {
    at: event.at,
    by: event.act?.by ?? own ?? SENTINEL,
    action: event.act?.action ?? act.action,
    subject: subjectOf(act, event, data),
    details: {
      text: event.text,
      ...(event.incidentId && act.kind !== "incident" ? { incident: event.incidentId } : {}),
      ...Object.fromEntries(Object.entries(data).filter(([key]) => !NOT_DETAILS.has(key))),
    },
  };
}

function subjectOf(
  { kind, id }: { kind: string; id?: string },
  event: { agentId?: string | null; serviceId?: string | null; incidentId?: string | null },
  data: Record<string, unknown>,
): Done["subject"] {
  if (id !== undefined) return { kind, id: String(data[id]) };
  if (kind === "incident" && event.incidentId) return { kind, id: event.incidentId };
  if (event.agentId) return { kind: "agent", id: event.agentId };
  if (event.serviceId) return { kind: "service", id: event.serviceId };
  return { kind, id: kind };
}

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

const kindOf = ({ id }: By): AuditActorKind => {
  if (id === SENTINEL.id) return "sentinel";
  if (id === COMMAND_LINE.id) return "command_line";
  if (id === NOBODY.id) return "anonymous";
  return id.startsWith("token:") ? "token" : id.startsWith("key:") ? "key" : "person";
};

const NAMES: Partial<Record<AuditActorKind, string>> = {
  person: "SELECT name FROM users WHERE id = ?",
  token: "SELECT name FROM api_tokens WHERE id = substr(?, 7)",
  key: "SELECT name FROM ingest_keys WHERE id = substr(?, 5)",
};

async function actorOf(client: Client, by: By): Promise<AuditActor> {
  const kind = kindOf(by);
  const sql = NAMES[kind];
  const found = by.name === undefined && sql ? (await client.execute({ sql, args: [by.id] })).rows[0]?.["name"] : null;
  const name = by.name ?? (typeof found === "string" ? found : by.id);
  return { kind, id: plainText(by.id), name: plainText(name) };
}

/** A text as it comes back from the database: whole characters, and none that ends a C string. */
const plainText = (text: string): string =>
  text.toWellFormed().replaceAll("\0", "\uFFFD").slice(0, TEXT_CHARS).toWellFormed();

/** As it may be kept for good: secrets masked, texts cut, nothing that JSON cannot say. */
function plain(value: unknown): unknown {
  if (typeof value === "string") return plainText(redact(value.slice(0, 2 * TEXT_CHARS)).text);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [plainText(key), plain(one)]));
  return value;
}

function detailsOf(details: object): Record<string, unknown> {
  const json = JSON.stringify(plain(details));
  if (json.length > DETAILS_CHARS) return { left_out: `${json.length} characters`, sha256: sha256(json) };
  return JSON.parse(json) as Record<string, unknown>;
}

async function draftOf(client: Client, { at, by, action, subject, details = {} }: Done): Promise<AuditDraft> {
  return {
    at,
    actor: await actorOf(client, by),
    action,
    subject: { kind: subject.kind, id: plainText(subject.id) },
    details: detailsOf(details),
  };
}

const COLUMNS = "seq, at, actor_kind, actor_id, actor_name, action, subject_kind, subject_id, details, prev, hash";

const insertOf = (e: AuditEntry): InStatement => ({
  sql: `INSERT INTO audit_log (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  // prettier-ignore
  args: [e.seq, e.at, e.actor.kind, e.actor.id, e.actor.name, e.action, e.subject.kind, e.subject.id, JSON.stringify(e.details), e.prev, e.hash],
});

async function headOf(client: Client): Promise<AuditHead> {
  const { rows } = await client.execute("SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1");
  const [row] = rows;
  return row ? { seq: Number(row["seq"]), hash: row["hash"] as string } : NO_HEAD;
}

/** Others that write in between are a few processes; each loses a round only if somebody else won it. */
const ROUNDS = 100;

const isTaken = (error: unknown): boolean =>
  error instanceof LibsqlError && /UNIQUE constraint failed: audit_log\.seq/i.test(error.message);

/**
 * Carries out a transaction together with the entries that tell of it: they are chained to the head that there is, and if another
 * process put an entry there first, the whole transaction failed on its number and is tried again behind that one.
 */
export async function writeDone(
  client: Client,
  all: readonly Done[],
  transaction: (entries: InStatement[]) => Promise<ResultSet[]>,
): Promise<ResultSet[]> {
  const drafts: AuditDraft[] = [];
  for (const one of all) drafts.push(await draftOf(client, one));
  for (let round = 1; ; round++) {
    try {
      return await transaction(chain(await headOf(client), drafts, sha256).map(insertOf));
    } catch (error) {
      if (round >= ROUNDS || !isTaken(error)) throw error;
    }
  }
}
