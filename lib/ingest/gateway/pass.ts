import type { IncomingMessage } from "node:http";
import type { IngestKey } from "@/lib/auth/keys";
import type { Db } from "@/lib/db/client";
import { findGatewayAgent } from "@/lib/db/queries/gateway";
import { onShutdown } from "@/lib/shutdown";
import { memoryOf } from "../hooks/ask";
import { asName } from "../otlp/identity";
import type { Api, Json } from "./api";
import { createLineages } from "./lineage";
import { type Answer, refusalOf, relay } from "./relay";
import { Reports } from "./reports";
import { type Desk, Turn } from "./turn";
import { headersUp, send, UpstreamFailed, upstreamOf } from "./upstream";

/** Names the run that a request belongs to. */
export const RUN_HEADER = "x-sentinel-run";
/** The type of an agent that nobody told of yet. */
export const TYPE_HEADER = "x-sentinel-agent-type";
/** Headers in which programs name their session by themselves: Claude Code, Codex. */
const SESSIONS = [RUN_HEADER, "x-claude-code-session-id", "session_id", "session-id", "conversation_id"] as const;
/** Requests of a key without a session are one run until nothing came for so long, in ms. */
const RUN_PAUSE_MS = 15 * 60_000;
/** An agent's type and labels are read anew when they are older, in ms; nobody waits for that. */
const FRESH_MS = 1_000;

type Known = NonNullable<Awaited<ReturnType<typeof findGatewayAgent>>>;

interface Office extends Desk {
  agents: Map<string, { known: Known | null; readAt: number }>;
  runs: Map<string, { id: string; lastAt: number }>;
  lineageOf: ReturnType<typeof createLineages>;
}

/** One for each database of the process: one Next process holds several copies of this module. */
const offices = (): WeakMap<Db, Office> => {
  const global = globalThis as unknown as Record<symbol, WeakMap<Db, Office>>;
  return (global[Symbol.for("sentinel.gateway")] ??= new WeakMap());
};

function officeOf(db: Db): Office {
  let office = offices().get(db);
  if (!office) {
    const reports = new Reports(db);
    office = {
      memory: memoryOf(db),
      reports,
      flying: new Map(),
      agents: new Map(),
      runs: new Map(),
      lineageOf: createLineages(),
    };
    offices().set(db, office);
    onShutdown(() => reports.flush());
  }
  return office;
}

/** Stores what the gateway saw so far, and waits for it. */
export const flushGateway = (db: Db): Promise<void> => officeOf(db).reports.flush();

export interface Ask {
  api: Api;
  key: IngestKey & { agentId: string };
  headers: Headers;
  /** What the client sent, and what it says. */
  bytes: Buffer;
  body: Json & { model: string };
  /** Where the console is, for the link in a refusal. */
  base: string;
  /** When the client is gone. */
  signal: AbortSignal;
}

/**
 * Passes a request on to its upstream, if it may, and the answer back as it comes. Whether it may is answered from memory; only the
 * first request of an agent, or after a minute without any, waits for the database. Nothing of the content is kept.
 */
export async function pass(db: Db, ask: Ask, now: number): Promise<Answer> {
  const { api, key, headers, body, signal } = ask;
  const upstream = upstreamOf(api.vendor);
  if (!upstream) return refusalOf(404, { kind: "not_found_error", code: "gateway_off", message: `Sentinel's gateway to ${api.vendor} is not configured` }); // prettier-ignore
  const office = officeOf(db);
  await office.memory.ready(now);
  const known = await knownOf(db, office, key.agentId, now);
  const type = known?.type ?? asName(headers.get(TYPE_HEADER)) ?? "gateway";
  const runId = runOf(office, key.id, headers, now);
  const lineage = office.lineageOf(key.id, runId, headers);
  const who = { key, agentId: key.agentId, type, isKnown: known !== null, labels: known?.labels ?? {}, runId, lineage }; // prettier-ignore
  const turn = new Turn(office, who, api, { body, base: ask.base, at: now });
  const reason = turn.refusal();
  if (reason !== null) return refusalOf(403, { kind: "permission_error", code: "held_by_sentinel", message: reason });

  const wanted = api.asking(api.withoutTools(body, turn.revoked));
  // With tools revoked it is written anew in any case: a key that is there twice must not mean one thing here and another there.
  const bytes = wanted === body && turn.revoked.size === 0 ? ask.bytes : Buffer.from(JSON.stringify(wanted));
  // A stream that is cut off is read on without its client.
  const gone = new AbortController();
  const leave = () => gone.abort();
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave, { once: true });
  turn.begin();
  let response: IncomingMessage;
  try {
    response = await send({ url: upstream.url + api.path, headers: headersUp(api, headers, upstream.key), body: bytes, signal: gone.signal }); // prettier-ignore
  } catch (error) {
    if (!(error instanceof UpstreamFailed)) throw error;
    turn.end({ error: `upstream_${error.kind}`, aborted: error.kind === "aborted" });
    return refusalOf(error.kind === "timeout" ? 504 : 502, { kind: "api_error", code: `upstream_${error.kind}`, message: `Sentinel's gateway: ${error.message}` }); // prettier-ignore
  }
  return relay({ api, turn, body, response, key: upstream.key, detach: () => signal.removeEventListener("abort", leave) }); // prettier-ignore
}

async function knownOf(db: Db, { agents }: Office, id: string, now: number): Promise<Known | null> {
  const before = agents.get(id);
  const read = async () => {
    const known = await findGatewayAgent(db, id);
    agents.set(id, { known, readAt: Date.now() });
    return known;
  };
  if (!before) return read();
  if (now - before.readAt >= FRESH_MS) {
    before.readAt = now;
    // What was known stands while it cannot be read.
    void read().catch(() => undefined);
  }
  return before.known;
}

function runOf({ runs }: Office, keyId: string, headers: Headers, now: number): string {
  for (const name of SESSIONS) {
    const said = asName(headers.get(name));
    if (said !== null) return said;
  }
  const run = runs.get(keyId);
  const id = run && now - run.lastAt < RUN_PAUSE_MS ? run.id : `gateway-${now.toString(36)}`;
  runs.set(keyId, { id, lastAt: now });
  return id;
}
