import type { IngestKey } from "@/lib/auth/keys";
import type { AgentEvent } from "@/lib/contracts/event";
import type { Db } from "@/lib/db/client";
import { noteEnforceable } from "@/lib/db/queries/gateway";
import { SentinelError } from "@/lib/errors";
import { log } from "@/lib/log";
import { metrics } from "@/lib/metrics";
import { ingest } from "../ingest";

/** How long events are gathered before they are stored, in ms. */
const GATHER_MS = 250;
/** Events of one agent kept while they cannot be stored; beyond this the oldest are dropped, and the log says so. */
const KEPT_MAX = 5_000;
/** Events of one request to the ordinary door. */
const BATCH = 500;

interface Waiting {
  key: IngestKey;
  agentId: string;
  events: Partial<AgentEvent>[];
}

/** Stores what the gateway saw, behind the answers, through the door that agents' own reports go through. */
export class Reports {
  readonly #waiting = new Map<string, Waiting>();
  /** Told apart by it, an event that is stored twice counts once. */
  #sequence = 0;
  #timer: NodeJS.Timeout | null = null;
  #storing: Promise<void> = Promise.resolve();

  constructor(private readonly db: Db) {}

  add(key: IngestKey, agentId: string, event: Partial<AgentEvent>): void {
    let waiting = this.#waiting.get(agentId);
    if (!waiting) this.#waiting.set(agentId, (waiting = { key, agentId, events: [] }));
    waiting.key = key;
    waiting.events.push({ ...event, agent_id: agentId, sequence: this.#sequence++ });
    const lost = waiting.events.length - KEPT_MAX;
    if (lost > 0) {
      waiting.events.splice(0, lost);
      log().error({ agentId, lost }, "gateway reports were dropped: they could not be stored in time");
    }
    this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS);
  }

  /** Stores everything that was added, and waits for it. */
  flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#storing = this.#storing.then(() => this.#store());
    return this.#storing;
  }

  async #store(): Promise<void> {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { key, agentId, events } of all)
      for (let from = 0; from < events.length; from += BATCH) await this.#take(key, agentId, events.slice(from, from + BATCH)); // prettier-ignore
  }

  async #take(key: IngestKey, agentId: string, events: Partial<AgentEvent>[]): Promise<void> {
    try {
      const answer = await ingest(this.db, { events, key, also: [noteEnforceable(agentId)] }, Date.now());
      metrics().eventsIngested.inc(answer.accepted);
      metrics().eventsRejected.inc(answer.rejected.length);
      if (answer.rejected.length > 0) log().warn({ agentId, rejected: answer.rejected.slice(0, 3) }, "gateway reports were rejected"); // prettier-ignore
    } catch (err) {
      if (err instanceof SentinelError && err.code === "invalid") {
        metrics().eventsRejected.inc(events.length);
        log().warn({ agentId, fields: err.details.fields?.slice(0, 3) }, "gateway reports were rejected");
        return;
      }
      log().warn({ err, agentId, events: events.length }, "gateway reports could not be stored yet");
      const later = this.#waiting.get(agentId);
      this.#waiting.set(agentId, { key, agentId, events: [...events, ...(later?.events ?? [])].slice(-KEPT_MAX) });
      this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS);
    }
  }
}
