import { randomUUID } from "node:crypto";
import { type By, done, keyActor } from "@/lib/db/audit";
import type { Db } from "@/lib/db/client";
import {
  countAgentsOfKey,
  findLiveKey,
  findOwner,
  insertKey,
  type KeyRow,
  setKeyRevoked,
  setKeyUsed,
} from "@/lib/db/queries/keys";
import type { KeyScope, SubjectKind } from "@/lib/core/base/vocabulary";
import { env } from "@/lib/env";
import { SentinelError } from "@/lib/errors";
import { log } from "@/lib/log";
import { hashToken, newToken } from "./token";

/** A key that was verified: what it may send, and for whom. */
export interface IngestKey {
  id: string;
  name: string;
  agentId: string | null;
  namePrefix: string | null;
  scopes: readonly KeyScope[];
  /** Names of services, or beginnings of names that end in `*`. */
  services: readonly string[];
  /** The template of its agents' ids over OpenTelemetry. */
  identity?: string | null;
  /** Whether prompts, tool arguments and outputs that it sends are kept; left out: they are not. */
  content?: boolean;
}

/** How long a verified key is believed without asking the database: a key revoked by another process ends within this. */
const BELIEVED_MS = 1_000;
/** Keys believed at once; a fleet with more asks the database more often, and nothing else changes. */
const MAX_BELIEVED = 10_000;
/** "Last used" is exact to this, so that it costs no write a request. */
const USED_EVERY_MS = 60_000;
/** Characters of a key that are kept and shown, to tell keys apart: the prefix and 6 random ones. */
const SHOWN = 10;

type Believed = { key: IngestKey; until: number };
interface Shared {
  /** By hash; only hashes are ever kept, and only of keys that exist. */
  believed: Map<string, Believed>;
}

/** One for the process: one Next process holds several copies of this module. */
const shared = (): Shared => {
  const global = globalThis as unknown as Record<symbol, Shared>;
  return (global[Symbol.for("sentinel.keys")] ??= { believed: new Map() });
};

export interface NewKey {
  name: string;
  /** Binds the key to one agent. */
  agentId?: string | null;
  /** Binds the key to agents whose id begins with this. */
  namePrefix?: string | null;
  /** What it may send; left out: events and changes. */
  scopes?: KeyScope[];
  /** Services it may send logs and changes of; left out: none. */
  services?: string[];
  /** The template of its agents' ids over OpenTelemetry; left out: program, person or host, repository. */
  identity?: string | null;
  /** Whether content that it sends is kept; left out: it is not. */
  content?: boolean;
  createdBy: string;
  /** Who made it, for the audit log; left out: whom `createdBy` names. */
  by?: By;
}

/** Makes a key. The secret is in the answer and nowhere else: it cannot be shown again. */
export async function createKey(
  db: Db,
  key: NewKey,
  now: number,
): Promise<{ id: string; secret: string; row: KeyRow }> {
  const secret = newToken("snt");
  const row: KeyRow = {
    id: randomUUID(),
    hash: hashToken(secret),
    shown: secret.slice(0, SHOWN),
    name: key.name,
    agentId: key.agentId ?? null,
    namePrefix: key.namePrefix ?? null,
    scopes: key.scopes ?? ["events", "changes"],
    services: key.services ?? [],
    identity: key.identity ?? null,
    content: key.content ?? false,
    createdBy: key.createdBy,
    createdAt: now,
    lastUsedAt: null,
    revokedAt: null,
  };
  const by = key.createdBy;
  const maker = key.by ?? { id: by };
  await insertKey(
    db,
    row,
    row.content
      ? {
          at: now,
          type: "key.content_changed",
          text: `${by} created the ingest key ${key.name}, which stores prompts, tool arguments and outputs`,
          data: { by, key: row.id, content: true },
          act: { by: maker },
        }
      : undefined,
    done(now, maker, "key.create", "key", row.id, {
      name: row.name,
      shown: row.shown,
      scopes: row.scopes,
      services: row.services,
      content: row.content,
      agent: row.agentId,
      prefix: row.namePrefix,
      identity: row.identity,
    }),
  );
  return { id: row.id, secret, row };
}

/** The key behind a bearer token; null when there is none, or it was revoked. */
export async function verifyKey(db: Db, token: string, now: number): Promise<IngestKey | null> {
  const { believed } = shared();
  const hash = hashToken(token);
  const known = believed.get(hash);
  if (known && now < known.until) return known.key;
  const row = await findLiveKey(db, hash);
  if (!row) {
    believed.delete(hash);
    return null;
  }
  const { id, name, agentId, namePrefix, scopes, services, identity, content } = row;
  const key: IngestKey = { id, name, agentId, namePrefix, scopes, services, identity, content };
  if (believed.size >= MAX_BELIEVED) believed.clear();
  believed.set(hash, { key, until: now + BELIEVED_MS });
  if (now - (row.lastUsedAt ?? 0) >= USED_EVERY_MS) {
    setKeyUsed(db, row.id, now).catch((err: unknown) =>
      log().warn({ err, keyId: row.id }, "could not record the use of an ingest key"),
    );
  }
  return key;
}

/** Ends a key, in this process at once. False when there is no such key, or it was revoked before. */
export async function revokeKey(db: Db, id: string, now: number, by: By): Promise<boolean> {
  const revoked = await setKeyRevoked(db, id, now, by);
  forgetKey(id);
  return revoked;
}

/** What a key may do has changed: this process asks the database at once, others within a second. */
export function forgetKey(id: string): void {
  const { believed } = shared();
  for (const [hash, { key }] of believed) if (key.id === id) believed.delete(hash);
}

/** Who does what a key does, for the audit log. */
export const actorOf = ({ id, name }: IngestKey): By => keyActor({ id, name });

/** Whether a key may speak for an agent. */
export function may(key: IngestKey, agentId: string): boolean {
  if (key.agentId !== null) return key.agentId === agentId;
  return key.namePrefix === null || agentId.startsWith(key.namePrefix);
}

const isBound = ({ agentId, namePrefix }: IngestKey): boolean => agentId !== null || namePrefix !== null;

/**
 * Whether a key may speak for an agent that belongs to keys of the name `owner`; null: it is new, or its key was revoked.
 * An agent belongs to the name of the key that introduced it, so that no other key can blame it for a runaway, or speak
 * for it while it is held. A key bound to the agent by an admin may too; a key that replaces another takes its name.
 */
export const mayReportFor = (key: IngestKey, agentId: string, owner: string | null): boolean =>
  may(key, agentId) && (isBound(key) || owner === null || owner === key.name);

/** Whether a key may send logs and changes of a service. */
export const mayForService = ({ services }: IngestKey, service: string): boolean =>
  services.some((bound) => (bound.endsWith("*") ? service.startsWith(bound.slice(0, -1)) : service === bound));

/** Throws `forbidden`, naming the field, when a key may not speak for a subject of this kind. */
export async function assertBound(db: Db, key: IngestKey, kind: SubjectKind, id: string, field: string): Promise<void> {
  if (kind === "service" ? mayForService(key, id) : mayReportFor(key, id, await findOwner(db, id))) return;
  throw new SentinelError("forbidden", {
    detail: `This key is not bound to the ${kind} ${JSON.stringify(id)}`,
    fields: [{ field, reason: `not covered by this key` }],
  });
}

/** How many more agents a key may introduce. Ask only when there are new ones. */
export const agentsLeft = async (db: Db, key: IngestKey): Promise<number> =>
  Math.max(0, env().KEY_MAX_AGENTS - (await countAgentsOfKey(db, key.id)));
