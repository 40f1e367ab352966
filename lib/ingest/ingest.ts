import { hash } from "node:crypto";
import { agentsLeft, type IngestKey, mayReportFor } from "@/lib/auth/keys";
import { AgentEvent, EVENT_FIELDS, isHttpStatus } from "@/lib/contracts/event";
import type { IngestAnswer } from "@/lib/contracts/ingest";
import { plainEvent } from "@/lib/contracts/plain-event";
import { fieldPath } from "@/lib/contracts/problem";
import { reasonOf } from "@/lib/contracts/reason";
import { epochMs } from "@/lib/contracts/timestamp";
import { succeeded } from "@/lib/core/agents/call-outcome";
import { type Db, type Statement, write } from "@/lib/db/client";
import { loadPolicies, modeNow } from "@/lib/db/queries/settings";
import { directiveView, listAgents, listDirectives } from "@/lib/db/queries/agents";
import { touchAgents } from "@/lib/db/queries/seen-agents";
import {
  appendEvents,
  eventRows,
  findIngestAnswer,
  idempotentAppend,
  type NewEvent,
} from "@/lib/db/queries/append-events";
import { listSources, type Source } from "@/lib/db/queries/sources";
import { SentinelError } from "@/lib/errors";
import { yieldToEventLoop } from "@/lib/event-loop";
import { type LoopConfig, loopConfig } from "@/lib/config/agents";
import { digestOf } from "@/lib/db/ids";
import { guardBudgets } from "@/lib/response/budgets/book";
import { wake } from "@/lib/wake";
import { shardOf } from "@/lib/db/shards";
import { senderKey, senderOf, type SentEvent, admitEvents } from "./admit-events";

export interface IngestInput {
  events: unknown[];
  key: IngestKey;
  idempotencyKey?: string | null;
  /** Written in the same transaction, if any event is. */
  also?: readonly Statement[];
}

type Rejection = IngestAnswer["rejected"][number];

/**
 * Appends what is valid and answers with each agent's standing. What it counts as accepted survives the death of the
 * process. Bad events are refused one by one with their index and field; if all are bad nothing is stored and it throws
 * `invalid` with the same list. A repeated idempotency key answers as the first time and stores nothing.
 */
export async function ingest(
  db: Db,
  input: IngestInput,
  now: number,
  config: LoopConfig = loopConfig(),
): Promise<IngestAnswer> {
  const { good, rejected, unknown } = await sort(input);
  const sources = await sourcesOf(db, good);
  await yieldToEventLoop();
  refuseOthers(input.key, good, sources, rejected);
  const known = new Set(good.filter((event) => sources.get(senderKey(senderOf(event)))!.known).map((e) => e.agentId));
  if (good.some((event) => !known.has(event.agentId)))
    refuseNewcomers(good, rejected, known, await agentsLeft(db, input.key));
  if (good.length === 0) throw allBad(rejected);

  await yieldToEventLoop();
  const { taken, notices } = admitEvents(good, sources, now, config);
  const newcomers = unique(taken.map((event) => event.agentId)).filter((id) => !known.has(id));
  await yieldToEventLoop();
  const counts = await append(db, input, taken, newcomers, now, config);
  wake("agents");
  return {
    ...counts,
    rejected: rejected.toSorted((a, b) => a.index - b.index),
    notices,
    unknown_fields: [...unknown].toSorted().slice(0, MAX_NAMED_FIELDS),
    agents: await standing(db, unique(good.map((event) => event.agentId)), config),
  };
}

/** What is known of the senders of these events, by `senderKey`. */
async function sourcesOf(db: Db, events: readonly SentEvent[]): Promise<Map<string, Source>> {
  const senders = new Map(events.map((event) => senderOf(event)).map((sender) => [senderKey(sender), sender]));
  const sources = await listSources(db, [...senders.values()]);
  return new Map([...senders.keys()].map((key, i) => [key, sources[i]!]));
}

/** Misspelled names are few and short; more than this is somebody's payload. */
const MAX_NAMED_FIELDS = 50;
const MAX_NAME = 100;

const unique = <T>(list: T[]): T[] => [...new Set(list)];

async function sort({ events }: IngestInput) {
  const good: SentEvent[] = [];
  const rejected: Rejection[] = [];
  const unknown = new Set<string>();
  const sourceOf = sources();
  const onUnknownField = (name: string) => unknown.add(name.slice(0, MAX_NAME));
  for (const [index, raw] of events.entries()) {
    await yieldToEventLoop();
    const event = plainEvent(raw, onUnknownField) ?? checked(raw, index, rejected, onUnknownField);
    if (event) good.push(sentEvent(event, index, sourceOf));
  }
  return { good, rejected, unknown };
}

/** An event that is not as plain as most, or not right: what it says, or null and the reason among the rejected. */
function checked(raw: unknown, index: number, rejected: Rejection[], onUnknownField: (name: string) => void) {
  if (typeof raw === "object" && !Array.isArray(raw))
    for (const name of Object.keys(raw ?? {})) if (!EVENT_FIELDS.has(name)) onUnknownField(name);
  const result = AgentEvent.safeParse(raw);
  if (result.success) return dropEmpty(result.data);
  const issue = result.error.issues[0]!;
  rejected.push({ index, field: fieldPath(issue.path), reason: reasonOf(issue) });
  return null;
}

function sentEvent(event: AgentEvent, index: number, sourceOf: ReturnType<typeof sources>): SentEvent {
  const instanceId = event.instance_id || null;
  const agentId = event.agent_id;
  const kind = event.kind ?? (event.run_id ? "model_call" : "run_end");
  const success = succeeded(kind, event);
  if (event.http_status != null && !isHttpStatus(event.http_status)) delete event.http_status;
  return {
    index,
    agentId,
    agentType: event.agent_type || null,
    shard: shardOf(agentId),
    kind,
    saidAt: event.timestamp == null ? null : epochMs(event.timestamp),
    instanceId,
    runId: event.run_id || null,
    dedupe: dedupeOf(event, sourceOf, instanceId),
    // Everything that reads events asks `success` alone.
    body: success === (event.success ?? null) ? event : { ...event, success },
  };
}

/** Only what was said: null and "" mean unknown. */
const dropEmpty = (event: AgentEvent): AgentEvent =>
  Object.fromEntries(
    Object.entries(event).filter(([, value]) => value !== null && value !== undefined && value !== ""),
  ) as AgentEvent;

/**
 * Source, time and sequence as they are: what one instance sends stands together in the index, so that an insert finds
 * its page in memory however large the index has grown. An instance that tells no times is known by its sequence alone;
 * one that does not even say who it is may have begun to count anew, and nothing of it is taken for a repetition.
 */
function dedupeOf(event: AgentEvent, sourceOf: ReturnType<typeof sources>, instanceId: string | null): string | null {
  const { agent_id: agentId, timestamp, sequence } = event;
  if (sequence == null || (timestamp == null && instanceId === null)) return null;
  const said = timestamp == null ? "" : epochMs(timestamp).toString(36);
  return `${sourceOf(agentId, instanceId)}${said}.${sequence.toString(36)}`;
}

/** Names agent and instance in 96 bits of SHA-256, which no two of a fleet will ever share by chance; each pair of a request once. */
function sources(): (agentId: string, instanceId: string | null) => string {
  const known = new Map<string, string>();
  return (agentId, instanceId) => {
    // Names hold no control characters, so this is one pair's alone.
    const pair = `${agentId}\n${instanceId ?? ""}`;
    const found = known.get(pair);
    if (found !== undefined) return found;
    const source = hash("sha256", pair, "base64url").slice(0, 16);
    known.set(pair, source);
    return source;
  };
}

/** Takes out, in place, the events of agents that belong to others. */
function refuseOthers(
  key: IngestKey,
  good: SentEvent[],
  sources: ReadonlyMap<string, Source>,
  rejected: Rejection[],
): void {
  for (const event of good.splice(0)) {
    const { owner } = sources.get(senderKey(senderOf(event)))!;
    if (mayReportFor(key, event.agentId, owner)) good.push(event);
    else rejected.push({ index: event.index, field: "agent_id", reason: "this key may not report for this agent" });
  }
}

/** Takes out, in place, the events of new agents beyond what the key may introduce. */
function refuseNewcomers(good: SentEvent[], rejected: Rejection[], known: Set<string>, left: number): void {
  const admitted = new Set(known);
  for (const event of good.splice(0)) {
    if (!admitted.has(event.agentId)) {
      if (admitted.size - known.size >= left) {
        rejected.push({
          index: event.index,
          field: "agent_id",
          reason: "this key has reached its limit of registered agents",
        });
        continue;
      }
      admitted.add(event.agentId);
    }
    good.push(event);
  }
}

const allBad = (rejected: Rejection[]): SentinelError =>
  new SentinelError("invalid", {
    detail: "No events were accepted",
    fields: rejected.map(({ index, field, reason }) => ({
      field: field ? `[${index}].${field}` : `[${index}]`,
      reason,
    })),
  });

async function append(
  db: Db,
  { key, idempotencyKey, events, also = [] }: IngestInput,
  good: NewEvent[],
  newcomers: readonly string[],
  now: number,
  config: LoopConfig,
): Promise<{ accepted: number; duplicates: number }> {
  const rows = await eventRows(good, yieldToEventLoop);
  const touch = touchAgents(good, newcomers, key.id, now, config.maxLateMs);
  if (!idempotencyKey) {
    const [inserted] = await write(db, [appendEvents(rows, now), ...touch, ...also], { grouped: true });
    const accepted = inserted!.rowsAffected;
    return { accepted, duplicates: good.length - accepted };
  }
  const request = { keyId: key.id, idempotencyKey, digest: digestOf(events), events: good.length };
  const statements: Statement[] = [...idempotentAppend(rows, request, now), ...touch, ...also];
  await write(db, statements, { grouped: true });
  const answer = await findIngestAnswer(db, key.id, idempotencyKey);
  if (!answer) throw new Error("An idempotent append stored no response");
  if (answer.digest !== request.digest)
    throw new SentinelError("conflict", { detail: "This Idempotency-Key was already used with a different body" });
  return answer.answer;
}

/** State, mode and current directive of each agent, for an answer to its host. */
export async function standing(db: Db, ids: string[], config: LoopConfig): Promise<IngestAnswer["agents"]> {
  const now = Date.now();
  const [list, policies] = await Promise.all([listAgents(db, ids), loadPolicies(db)]);
  const [inForce, budgets] = await Promise.all([listDirectives(db, list), guardBudgets(db, list, now)]);
  return Object.fromEntries(
    list.map((agent) => [
      agent.id,
      {
        state: agent.state,
        mode: modeNow(policies, agent.type, now),
        directive: directiveView(agent.id, inForce.get(agent.id), config.directiveLeaseS, budgets.get(agent.id)),
      },
    ]),
  );
}
