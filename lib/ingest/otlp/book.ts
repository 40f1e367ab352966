import type { AgentEvent } from "@/lib/contracts/event";
import type { Amounts } from "./aliases";
import { HELD_BY, HOOKS } from "@/lib/core/agents/hold-breach";
import { asName } from "./identity";
import { emptyLedger, type Flag, type Ledger, mergeLedgers, packSeen, seenOf, settle, take } from "./ledger";
import { type Price } from "./prices";
import type { OtlpAgent } from "@/lib/db/queries/otlp";
import type { Told } from "./told";

/** One session of one key: a conversation, a trace that names none, or all that a program counts without naming any. */
export interface Entry {
  /** `session:…`, `trace:…` or `program:…`. */
  name: string;
  agentId: string;
  agentType: string;
  /** Null where it is no run of its own. */
  runId: string | null;
  /** Another name of the same: where a trace is found to be part of a session. */
  alias: string | null;
  ledger: Ledger;
  /** Since when counters wait to be counted, epoch ms. */
  heldAt: number | null;
  /** When the calls of a program were last told one by one, epoch ms: its counters say nothing new then. */
  callsAt: number | null;
  /** As it is stored; 0: not yet. */
  version: number;
}

/** How long counters wait for logs and spans of the same work, in ms: senders collect those for 5 seconds, and try again. */
export const HOLD_MS = 15_000;
/** That a program tells its calls is believed for so long, in ms, and noted anew each tenth of it. */
const CALLS_MS = 24 * 60 * 60_000;

export const sessionName = (session: string): string => `session:${asName(session)}`;
const traceName = (trace: string): string => `trace:${trace}`;
const programName = (program: string): string => `program:${program}`;

/** Names of everything that this could be entered under. */
export function namesOf(told: readonly Told[]): string[] {
  const names = new Set<string>();
  for (const { session, trace, who } of told) {
    if (session !== null) names.add(sessionName(session));
    if (trace !== null) names.add(traceName(trace));
    names.add(programName(who.agentType));
  }
  return [...names];
}

/**
 * The entries that a request is about, and what becomes of them: takes records in, whatever their order and however often, and
 * gives the events that follow. Pure: entries come from the database and go back to it with the events, in one transaction.
 */
export class Book {
  readonly #entries: Map<string, Entry>;
  readonly #seen = new Map<string, Set<string>>();
  readonly changed = new Set<string>();
  /** Records of sessions that were not let in. */
  refused = 0;
  /** What could not be true, by program. */
  /** Labels of the agents that the records were taken for, and whether a hook can hold them. */
  readonly labels = new Map<string, Omit<OtlpAgent, "agentId">>();
  readonly flagged = new Map<string, { program: string; signal: Told["signal"]; flag: Flag; records: number }>();

  constructor(
    entries: readonly Entry[],
    private readonly options: {
      now: number;
      priceOf: (model: string) => Price | null;
      /** The agent that a sender's records are of. */
      agentIdOf: (agentId: string) => string;
      /** Whether one more session may begin. */
      mayBegin: () => boolean;
    },
  ) {
    this.#entries = new Map(entries.map((entry) => [entry.name, entry]));
  }

  /** Events that follow from one record; null: its session was not let in. */
  take(told: Told): Partial<AgentEvent>[] | null {
    const entry = this.#entryOf(told);
    if (!entry) {
      this.refused++;
      return null;
    }
    const { now, priceOf } = this.options;
    const known = this.labels.get(entry.agentId);
    this.labels.set(entry.agentId, {
      labels: { ...known?.labels, ...told.who.labels },
      otherwise: { ...known?.otherwise, ...told.who.otherwise },
      held: known?.held === true || told.held === true,
    });
    if (told.held && !entry.ledger.hooked) {
      entry.ledger.hooked = true;
      this.changed.add(entry.name);
    }
    if (told.kind === "content") return [];
    if (told.kind === "run_end" || told.kind === "heartbeat") return this.#takeOnce(entry, told, told.kind);
    const model = told.event.model ?? told.event.response_model;
    const seen = this.#seenOf(entry);
    const onFlag = (flag: Flag) => this.#flag(flag, told);
    if (!take(entry.ledger, seen, told, { price: model ? priceOf(model) : null, now, onFlag })) return [];
    this.changed.add(entry.name);
    if (told.kind === "usage") {
      entry.heldAt ??= now;
      return [];
    }
    this.#noteCalls(told);
    return this.#eventOf(entry, told, settle(entry.ledger, false));
  }

  /** Whose a record is that was taken, and of which run. */
  ownerOf(told: Told): { agentId: string; runId: string | null } {
    const { agentId, runId } = this.#entryOf(told)!;
    return { agentId, runId };
  }

  /** What counters of an entry say that nobody else told, once they have waited long enough. */
  release(name: string): Partial<AgentEvent>[] {
    const entry = this.#entries.get(name)!;
    this.changed.add(entry.name);
    entry.heldAt = null;
    const known = entry.callsAt !== null && this.options.now - entry.callsAt < CALLS_MS;
    const due = settle(entry.ledger, true);
    return known ? [] : usageOf(entry, due, this.options.now);
  }

  /** The entries to be stored. */
  toStore(): Entry[] {
    return [...this.changed].map((name) => {
      const entry = this.#entries.get(name)!;
      const seen = this.#seen.get(name);
      return seen ? { ...entry, ledger: { ...entry.ledger, seen: packSeen(seen) } } : entry;
    });
  }

  /** What counts nothing. A call that was not let through is known from here on: whoever tells that it was made is not believed. */
  #takeOnce(entry: Entry, told: Told, kind: "run_end" | "heartbeat"): Partial<AgentEvent>[] {
    const seen = this.#seenOf(entry);
    const key = `${told.signal[0]}${told.id}`;
    if (seen.has(key)) return [];
    seen.add(key);
    this.changed.add(entry.name);
    return [{ ...said(entry, told), kind }];
  }

  #eventOf(entry: Entry, told: Told, due: Amounts): Partial<AgentEvent>[] {
    const isNew = (told.kind === "tool_call" ? due.toolCalls : due.modelCalls) !== undefined;
    // Another signal told the call before; what it did not tell of it is counted nonetheless.
    if (!isNew) return usageOf(entry, due, told.at, told.event.model);
    const none = Object.entries(told.amounts).filter(([, n]) => n === 0);
    return [
      {
        ...said(entry, told),
        ...fieldsOf({ ...Object.fromEntries(none), ...due }),
        kind: told.kind as "model_call" | "tool_call",
      },
    ];
  }

  #flag(flag: Flag, { who, signal }: Told): void {
    const key = `${who.agentType}\n${flag}`;
    const row = this.flagged.get(key) ?? { program: who.agentType, signal, flag, records: 0 };
    row.records++;
    this.flagged.set(key, row);
  }

  #seenOf(entry: Entry): Set<string> {
    let seen = this.#seen.get(entry.name);
    if (!seen) this.#seen.set(entry.name, (seen = seenOf(entry.ledger)));
    return seen;
  }

  #noteCalls({ who, amounts }: Told): void {
    if (amounts.input === undefined && amounts.output === undefined) return;
    const name = programName(who.agentType);
    const entry = this.#entries.get(name) ?? this.#begin(name, who, null);
    const { now } = this.options;
    if (entry.callsAt !== null && now - entry.callsAt < CALLS_MS / 10) return;
    entry.callsAt = now;
    this.changed.add(name);
  }

  #entryOf({ session, trace, who }: Told): Entry | null {
    const byTrace = trace === null ? undefined : this.#entries.get(traceName(trace));
    if (session === null) {
      if (trace === null)
        return this.#entries.get(programName(who.agentType)) ?? this.#begin(programName(who.agentType), who, null);
      if (byTrace) return byTrace.alias === null ? byTrace : (this.#entries.get(byTrace.alias) ?? byTrace);
      return this.options.mayBegin() ? this.#begin(traceName(trace), who, trace) : null;
    }
    const name = sessionName(session);
    let entry = this.#entries.get(name);
    if (!entry) {
      if (!this.options.mayBegin()) return null;
      // A trace that was a run before goes on under its name.
      const runId = byTrace && byTrace.alias === null ? byTrace.runId : asName(session);
      entry = this.#begin(name, who, runId, byTrace);
    }
    if (trace !== null) this.#join(entry, trace, byTrace, who);
    return entry;
  }

  /** A trace is part of a session from now on, with all that was told of it. */
  #join(entry: Entry, trace: string, byTrace: Entry | undefined, who: Told["who"]): void {
    if (byTrace?.alias === entry.name) return;
    const part = byTrace ?? this.#begin(traceName(trace), who, null);
    if (part.alias !== null) return;
    const seen = new Set([...this.#seenOf(entry), ...this.#seenOf(part)]);
    entry.ledger = mergeLedgers(entry.ledger, part.ledger);
    this.#seen.set(entry.name, seen);
    this.#seen.delete(part.name);
    Object.assign(part, { alias: entry.name, ledger: emptyLedger() });
    this.changed.add(entry.name).add(part.name);
  }

  #begin(name: string, who: Told["who"], runId: string | null, like?: Entry): Entry {
    const entry: Entry = {
      name,
      agentId: like?.agentId ?? this.options.agentIdOf(who.agentId),
      agentType: who.agentType,
      runId,
      alias: null,
      ledger: emptyLedger(),
      heldAt: null,
      callsAt: null,
      version: 0,
    };
    this.#entries.set(name, entry);
    this.changed.add(name);
    return entry;
  }
}

/** What an event says whatever it counts. A session that a hook can hold is an instance: it obeys by itself. */
const said = (entry: Entry, { who, at, event, kind }: Told): Partial<AgentEvent> => ({
  ...event,
  agent_id: entry.agentId,
  agent_type: entry.agentType,
  ...(at > 0 ? { timestamp: at } : {}),
  run_id: entry.runId,
  instance_id: entry.ledger.hooked ? entry.runId : who.instanceId,
  version: who.version,
  environment: who.environment,
  ...(entry.ledger.hooked && kind === "model_call" ? { attributes: { [HELD_BY]: HOOKS } } : {}),
});

function usageOf(entry: Entry, due: Amounts, at: number, model?: string | null): Partial<AgentEvent>[] {
  const fields = fieldsOf(Object.fromEntries(Object.entries(due).filter(([, n]) => n > 0)));
  const counts = { model_calls: due.modelCalls, tool_calls: due.toolCalls, failures: due.failures };
  const attributes = Object.fromEntries(Object.entries(counts).filter(([, n]) => n)) as Record<string, number>;
  if (Object.keys(fields).length === 0 && Object.keys(attributes).length === 0) return [];
  return [
    {
      kind: "usage",
      agent_id: entry.agentId,
      agent_type: entry.agentType,
      ...(at > 0 ? { timestamp: at } : {}),
      run_id: entry.runId,
      ...(model ? { model } : {}),
      ...fields,
      ...(Object.keys(attributes).length > 0 ? { attributes } : {}),
    },
  ];
}

function fieldsOf(due: Amounts): Partial<AgentEvent> {
  const fields: Partial<AgentEvent> = {};
  if (due.input !== undefined) fields.input_tokens = due.input;
  if (due.output !== undefined) fields.output_tokens = due.output;
  if (due.cached !== undefined) fields.cached_input_tokens = due.cached;
  if (due.cacheWrite !== undefined) fields.cache_write_tokens = due.cacheWrite;
  if (due.reasoning !== undefined) fields.reasoning_tokens = due.reasoning;
  if (due.total !== undefined) fields.token_count = due.total;
  if (due.nanoUsd !== undefined) fields.cost = due.nanoUsd / 1e9;
  return fields;
}
