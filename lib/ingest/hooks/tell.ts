import type { IngestKey } from "@/lib/auth/keys";
import { type Db, write } from "@/lib/db/client";
import { listBelongs, saveSeats } from "@/lib/db/queries/hooks";
import { log } from "@/lib/log";
import { agentPrices } from "../otlp/agent-prices";
import { sessionName } from "../otlp/book";
import { takeOtlp } from "../otlp/take";
import type { Counted, Told } from "../otlp/told";
import type { HookMemory, Owner, Session } from "./memory";

/** How long what hooks told is gathered before it is stored, in ms. */
const GATHER_MS = 250;
/** How long a session may be nobody's, in ms: telemetry names who works there, and its exporters collect for 5 seconds. */
export const NAMELESS_MS = 15_000;
/** What is kept while it cannot be stored; beyond this the oldest is dropped, and the log says so. */
const KEPT_MAX = 20_000;
/** What one session keeps while nobody knows whose it is. */
export const WAITING_MAX = 500;
/** Of so many of these the content is kept, too: up to 100 kB each. */
export const CONTENT_WAITING_MAX = 50;

interface Batch {
  key: IngestKey;
  told: Told[];
  counted: Map<string, Counted>;
  sessions: Set<Session>;
}

/** Stores what hooks told, behind the answers: by key, through the same door as telemetry. */
export class HookTeller {
  readonly #batches = new Map<string, Batch>();
  #timer: NodeJS.Timeout | null = null;
  #storing: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: Db,
    private readonly memory: HookMemory,
  ) {}

  /** A session asked: it is looked up, and what waits with it is stored once it is known whose it is. */
  note(key: IngestKey, session: Session, counted: Counted): void {
    const batch = this.#batchOf(key);
    batch.sessions.add(session);
    const row = [counted.program, counted.name, counted.fate].join("\n");
    const known = batch.counted.get(row);
    if (known) known.records++;
    else batch.counted.set(row, counted);
    this.#soon();
  }

  /** Stores everything that is known of, and waits for it. */
  async flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#storing = this.#storing.then(() => this.#store());
    return this.#storing;
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS);
  }

  #batchOf(key: IngestKey): Batch {
    let batch = this.#batches.get(key.id);
    if (!batch) this.#batches.set(key.id, (batch = { key, told: [], counted: new Map(), sessions: new Set() }));
    batch.key = key;
    return batch;
  }

  async #store(): Promise<void> {
    const batches = [...this.#batches.values()];
    this.#batches.clear();
    for (const batch of batches)
      try {
        await this.#name(batch);
        await this.#take(batch);
      } catch (err) {
        log().warn({ err, keyId: batch.key.id, told: batch.told.length }, "hook reports could not be stored yet");
        this.#keep(batch);
      }
  }

  /** Finds out whose the sessions are, and takes along what waited for that. */
  async #name(batch: Batch): Promise<void> {
    const now = Date.now();
    const { id: keyId } = batch.key;
    const unknown = [...batch.sessions].filter(({ isStored }) => !isStored);
    const rows = await listBelongs(this.db, keyId, unknown.map(({ id }) => sessionName(id))); // prettier-ignore
    const stored = new Map(rows.map(({ name, agentId, type }) => [name, { agentId, type }]));
    const seats = new Map<string, Owner>();
    for (const session of unknown) {
      const owner = stored.get(sessionName(session.id));
      session.isStored = owner !== undefined;
      session.owner = owner ?? session.owner ?? this.memory.seats.get(`${keyId}\n${session.seat}`) ?? null;
      if (session.owner === null && now - session.firstAt >= NAMELESS_MS)
        session.owner = ownName(session.waiting[0], this.memory.seats.get(`${keyId}\n${session.person}`));
      if (!owner) continue;
      for (const seat of [session.seat, session.person])
        if (this.memory.seat(keyId, seat, owner)) seats.set(seat, owner);
    }
    if (seats.size > 0)
      await write(this.db, [saveSeats(keyId, [...seats].map(([name, owner]) => ({ name, ...owner })), now)], { grouped: true }); // prettier-ignore
    for (const session of batch.sessions)
      if (session.owner) {
        const { agentId, type } = session.owner;
        for (const told of session.waiting.splice(0)) {
          // Telemetry knows better who its agents are.
          const labels = told.who.agentId === agentId ? told.who.labels : {};
          batch.told.push({ ...told, who: { ...told.who, agentId, agentType: type, labels } });
        }
      }
  }

  async #take({ key, told, counted, sessions }: Batch): Promise<void> {
    const reading = { told, lines: [], edges: [], counted: [...counted.values()], records: told.length, beyond: 0 };
    const { rejected, message } = await takeOtlp(this.db, reading, { key, prices: agentPrices() }, Date.now());
    if (rejected > 0) log().warn({ keyId: key.id, rejected, message }, "hook reports were rejected");
    // Looked up once more: others may tell of a session that nobody knows yet, or have told of this one first.
    const ids = new Set(told.map(({ session }) => session));
    const open = [...sessions].filter(({ isStored, waiting, id }) => !isStored && (waiting.length > 0 || ids.has(id)));
    for (const session of open) this.#batchOf(key).sessions.add(session);
    if (open.length > 0) this.#soon();
  }

  /** For the next attempt. */
  #keep({ key, told, counted, sessions }: Batch): void {
    const batch = this.#batchOf(key);
    // Content is not worth the memory.
    for (const one of told) delete one.content;
    const kept = [...told, ...batch.told];
    const lost = Math.max(0, kept.length - KEPT_MAX);
    if (lost > 0) log().error({ keyId: key.id, lost }, "hook reports were dropped: they could not be stored in time");
    batch.told = kept.slice(lost);
    for (const session of sessions) batch.sessions.add(session);
    for (const [name, row] of counted) batch.counted.set(name, row);
    this.#soon();
  }
}

/** Whose a session is of which nobody else tells: whoever sat there in another folder, else whom the hook names. */
function ownName(told: Told | undefined, before: Owner | undefined): Owner | null {
  if (before) return before;
  return told ? { agentId: told.who.agentId, type: told.who.agentType } : null;
}
