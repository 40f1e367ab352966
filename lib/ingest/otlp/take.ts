import { type IngestKey, mayForService } from "@/lib/auth/keys";
import { type LoopConfig, loopConfig } from "@/lib/config/agents";
import type { AgentEvent } from "@/lib/contracts/event";
import { parseLines } from "@/lib/contracts/logs";
import { type Db, type Statement, write } from "@/lib/db/client";
import { isClaimLost } from "@/lib/db/commit";
import {
  countOtlpRecords,
  labelOtlpAgents,
  listOtlpSessions,
  type OtlpSessionRow,
  saveOtlpSessions,
} from "@/lib/db/queries/otlp";
import { SentinelError } from "@/lib/errors";
import { runSerially, yieldToEventLoop } from "@/lib/event-loop";
import { metrics } from "@/lib/metrics";
import { ingest } from "../ingest";
import { storeLines } from "../take-logs";
import { Book, type Entry, namesOf } from "./book";
import { keepContent, type WithContent } from "./keep-content";
import { FLAGS, type Ledger } from "./ledger";
import type { Price } from "./prices";
import { priceOf } from "./prices";
import { mayBegin } from "./session-limit";
import { takeServiceSpans } from "./take-services";
import type { Counted, Line, Reading, Told } from "./told";

/** What is answered: how many records were not taken although they should have been, and why. */
export interface Taken {
  rejected: number;
  message: string;
}

/** Somebody changed a session meanwhile: so often is it tried anew. Each try, somebody got on. */
const TRIES = 5;
/** Lines of one insert: five values each, of which SQLite binds 32,766. */
const LINES = 5_000;

/**
 * Takes what an export request said: events of agents through the same door as their own reports, lines and edges of services, and
 * the count of everything. Durable before it returns. What cannot be taken is counted with its reason; nothing known is refused.
 */
export async function takeOtlp(
  db: Db,
  reading: Reading,
  { key, prices }: { key: IngestKey; prices: ReadonlyMap<string, Price> },
  now: number,
  config: LoopConfig = loopConfig(),
): Promise<Taken> {
  const reasons = new Map<string, number>();
  const reject = (reason: string, records: number) =>
    records > 0 && reasons.set(reason, (reasons.get(reason) ?? 0) + records);
  reject("too many records in one request", reading.beyond);
  const counted = [...reading.counted];
  await takeTold(db, reading.told, { key, prices, reject, counted }, now, config);
  await takeLines(db, reading.lines, { key, reject, counted }, now);
  const ofServices = await takeServiceSpans(db, reading, { key, reject, counted }, now);
  const records = counted.filter((row) => row.records > 0);
  await write(db, [...(records.length > 0 ? [countOtlpRecords(key.id, records, now)] : []), ...ofServices], {
    grouped: true,
  });
  const rejected = [...reasons.values()].reduce((a, b) => a + b, 0);
  return { rejected, message: [...reasons].map(([reason, records]) => `${records}: ${reason}`).join("; ") };
}

interface Taking {
  key: IngestKey;
  prices: ReadonlyMap<string, Price>;
  reject: (reason: string, records: number) => void;
  counted: Counted[];
}

/** A key's requests one after another: two of one session would each count what the other does. */
async function takeTold(db: Db, told: readonly Told[], taking: Taking, now: number, config: LoopConfig): Promise<void> {
  if (told.length === 0) return;
  const kept = await runSerially(`otlp ${taking.key.id}`, () =>
    untilStored(async () => {
      const rows = await listOtlpSessions(db, taking.key.id, namesOf(told));
      const book = bookOf(rows, taking.key, taking.prices, now);
      const events: Partial<AgentEvent>[] = [];
      const contents: WithContent[] = [];
      for (const one of told) {
        await yieldToEventLoop();
        const taken = book.take(one);
        events.push(...(taken ?? []));
        if (taken && one.content) contents.push({ told: one, ...book.ownerOf(one) });
      }
      await store(db, { book, events, taking }, now, config);
      for (const { program, signal, flag, records } of book.flagged.values()) {
        taking.reject(FLAGS[flag], records);
        taking.counted.push({ program, scope: "", signal, name: FLAGS[flag], fate: "dropped", records });
      }
      return contents;
    }),
  );
  await keepContent(db, taking.key, kept, now);
}

/** The entries of a key, as they were read. */
export function bookOf(
  rows: readonly OtlpSessionRow[],
  key: IngestKey,
  prices: ReadonlyMap<string, Price>,
  now: number,
): Book {
  const entries = rows.map((row): Entry => ({ ...row, ledger: row.ledger as Ledger }));
  return new Book(entries, {
    now,
    priceOf: (model) => priceOf(model, prices),
    agentIdOf: (agentId) => boundId(key, agentId),
    mayBegin: () => mayBegin(key.id, now),
  });
}

/** A key that is bound to one agent speaks of it alone; one that is bound to a prefix gives it to all of its agents. */
function boundId({ agentId, namePrefix }: IngestKey, id: string): string {
  if (agentId !== null) return agentId;
  return namePrefix === null || id.startsWith(namePrefix) ? id : `${namePrefix}${id}`;
}

/** Events and the entries that they follow from, in one transaction. */
export async function store(
  db: Db,
  {
    book,
    events,
    taking: { key, reject },
  }: { book: Book; events: Partial<AgentEvent>[]; taking: Pick<Taking, "key" | "reject"> },
  now: number,
  config: LoopConfig,
): Promise<void> {
  const agents = [...book.labels].map(([agentId, of]) => ({ agentId, ...of }));
  const also: Statement[] = [
    ...saveOtlpSessions(key.id, book.toStore(), now),
    ...(agents.length > 0 ? [labelOtlpAgents(key.id, agents)] : []),
  ];
  if (events.length === 0) await write(db, also, { grouped: true });
  else
    try {
      const answer = await ingest(db, { events, key, also }, now, config);
      metrics().eventsIngested.inc(answer.accepted);
      metrics().eventsRejected.inc(answer.rejected.length);
      for (const { field, reason } of answer.rejected) reject(`${field}: ${reason}`, 1);
    } catch (error) {
      if (!(error instanceof SentinelError) || error.code !== "invalid") throw error;
      // None of them may be said by this key: then nothing of it is kept either.
      metrics().eventsRejected.inc(events.length);
      for (const { field, reason } of error.details.fields ?? [])
        reject(`${field.replace(/^\[\d+\]\.?/, "")}: ${reason}`, 1);
    }
  reject("too many new sessions per minute for this key", book.refused);
}

/** Again while another process changed one of the entries meanwhile. */
export async function untilStored<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++)
    try {
      return await attempt();
    } catch (error) {
      if (!isClaimLost(error)) throw error;
      if (tries >= TRIES)
        throw new SentinelError("unavailable", {
          detail: "Other requests are writing to the same sessions; try again",
          headers: { "retry-after": "1" },
          cause: error,
        });
    }
}

/**
 * Lines of services that the key may speak for; the others are counted as dropped. So are those that cannot be lines (a service of
 * a name that none can have, a time that is none), and their sender is told why.
 */
async function takeLines(
  db: Db,
  lines: readonly Line[],
  { key, reject, counted }: Pick<Taking, "key" | "reject" | "counted">,
  now: number,
): Promise<void> {
  const dropped = new Map<string, Counted>();
  const drop = ({ counted: row }: Line, name: string) => {
    row.records--;
    const id = [row.program, row.scope, name].join("\n");
    const other = dropped.get(id) ?? { ...row, name, fate: "dropped", records: 0 };
    other.records++;
    dropped.set(id, other);
  };
  const mine: Line[] = [];
  for (const line of lines)
    if (key.scopes.includes("logs") && mayForService(key, line.service)) mine.push(line);
    else drop(line, "");
  for (let from = 0; from < mine.length; from += LINES) {
    const part = mine.slice(from, from + LINES);
    // What is no time is the time of arrival.
    const sent = part.map(({ service, line, level, timestamp }) => ({
      service,
      line,
      level,
      ...(timestamp > 0 ? { timestamp } : {}),
    }));
    const { good, rejected } = parseLines(sent, undefined, Infinity);
    await yieldToEventLoop();
    if (good.length > 0) await storeLines(db, good, now);
    // A line may have several problems: the first one names it.
    for (const [index, { field, reason }] of new Map(rejected.toReversed().map((one) => [one.index, one]))) {
      const why = `${field.replace(/^lines\[\d+\]\./, "")}: ${reason}`;
      reject(why, 1);
      drop(part[index]!, why);
    }
  }
  counted.push(...dropped.values());
}
