import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "commander";
import { type AgentEvent, EVENT_FIELDS, EVENT_LIMITS } from "@/lib/contracts/event";
import { IngestAnswer } from "@/lib/contracts/ingest";
import { runEnds } from "@/lib/evals/detection/backtest";
import { text, timeOf, truth } from "@/lib/evals/detection/columns";
import { type Row, rowsOf } from "@/lib/evals/detection/rows";
import { type ColumnOptions, parseMetrics, withColumns } from "./columns";

interface Options extends ColumnOptions {
  speed: string;
  url: string;
  key: string;
  batch: string;
}

/** A request is given this long, in ms, and tried this often; then the replay stops, and says at which row. */
const TIMEOUT_MS = 15_000;
const TRIES = 6;
/** Waiting events are sent at least this often, in ms, so that a slow replay is not sent in lumps. */
const FLUSH_MS = 250;

/** `replay`: a recorded file, as if it happened now, through the real API. */
export function registerReplay(program: Command): void {
  withColumns(program.command("replay"))
    .description("Send a recorded file through the HTTP API, its first row now and the others after it")
    .option("--speed <n>", "times as fast as recorded; 0: as fast as accepted", "1")
    .requiredOption("--url <origin>", "of the running Sentinel")
    .requiredOption("--key <key>", "an ingest key that may speak for every entity of the file")
    .option("--batch <n>", "events per request, or one more", "500")
    .action(async (options: Options) => {
      const sent = await replay(options, (line) => console.error(line));
      console.log(JSON.stringify(sent));
    });
}

export interface Sent {
  rows: number;
  accepted: number;
  duplicates: number;
  rejected: number;
}

/** Sends the file. Throws naming the option or the row that is wrong, or when Sentinel refuses or cannot be reached. */
export async function replay(options: Options, say: (line: string) => void): Promise<Sent> {
  const speed = number("--speed", options.speed, 0, 1e6);
  // The last row may bring a second event, the end of its run.
  const most = number("--batch", options.batch, 1, EVENT_LIMITS.eventsPerRequest - 1);
  const toEvent = mapper(options);
  const endpoint = new URL("/api/v1/ingest", options.url);
  const sent: Sent = { rows: 0, accepted: 0, duplicates: 0, rejected: 0 };
  const ends = await lastRows(options);
  let waiting: Partial<AgentEvent>[] = [];
  let flushedAt = Date.now();

  const flush = async () => {
    if (waiting.length === 0) return;
    const answer = await post(endpoint, options.key, waiting);
    sent.accepted += answer.accepted;
    sent.duplicates += answer.duplicates;
    sent.rejected += answer.rejected.length;
    for (const { index, field, reason } of answer.rejected.slice(0, 3)) {
      say(`${String(waiting[index]?.agent_id)}, ${field}: ${reason}`);
    }
    waiting = [];
    flushedAt = Date.now();
  };

  const began = Date.now();
  let first: number | null = null;
  for await (const row of rowsOf(options.input)) {
    const at = timeOf(row[options.time], sent.rows, options.time);
    first ??= at;
    const due = speed === 0 ? Date.now() : began + (at - first) / speed;
    if (waiting.length >= most || due - Date.now() > FLUSH_MS || Date.now() - flushedAt > FLUSH_MS) await flush();
    if (due > Date.now()) await wait(due - Date.now());
    const event = toEvent(row, Math.max(due, Date.now()), sent.rows);
    waiting.push(event);
    if (ends.has(sent.rows)) waiting.push(endOf(event));
    sent.rows++;
  }
  await flush();
  return sent;
}

/** Rows after which a run is over; a recorded file does not say so itself. */
async function lastRows({ input, entity, time, run }: Options): Promise<ReadonlySet<number>> {
  return run === undefined ? new Set() : runEnds(rowsOf(input), { entity, time, run, metrics: [] });
}

const endOf = ({ agent_id, agent_type, run_id, timestamp, instance_id, sequence }: Partial<AgentEvent>) => ({
  agent_id,
  agent_type,
  run_id,
  timestamp,
  instance_id,
  kind: "run_end" as const,
  sequence: (sequence ?? 0) + 1,
});

/** How a row becomes an event. The recorded time travels as an attribute; the event happens now. */
function mapper(o: Options): (row: Row, at: number, index: number) => Partial<AgentEvent> {
  const metrics = parseMetrics(o.metrics);
  const stranger = metrics.find(({ name }) => !EVENT_FIELDS.has(name));
  if (stranger)
    throw new Error(`--metrics: ${stranger.name} is not a field of an event; map it: vital=${stranger.column}`);
  const instance = `replay-${randomUUID()}`;
  const columns = Object.entries({
    agent_type: o.type,
    prompt_hash: o.prompt,
    model: o.model,
    step_kind: o.step,
    run_id: o.run,
    action_hash: o.action,
    result_hash: o.result,
  });
  let sequence = 0;
  return (row, at, index) => {
    // Two apart, so that a run's end fits behind its last row.
    sequence += 2;
    const event: Record<string, unknown> = {
      agent_id: text(row[o.entity]),
      timestamp: Math.round(at),
      instance_id: instance,
      sequence,
      attributes: { recorded_at: text(row[o.time]) },
    };
    if (o.run !== undefined || o.step !== undefined) event.kind = "model_call";
    for (const [field, column] of columns) if (column !== undefined) event[field] = text(row[column]);
    if (o.success !== undefined) event.success = truth(row[o.success], index, o.success);
    for (const { name, column } of metrics) event[name] = numberOrNull(row[column]);
    return event as Partial<AgentEvent>;
  };
}

/** Posts one batch; the same Idempotency-Key goes with every try, so that a retry never doubles. */
async function post(endpoint: URL, key: string, events: unknown[]): Promise<IngestAnswer> {
  const body = JSON.stringify({ events });
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    "idempotency-key": randomUUID(),
  };
  let last = "";
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (attempt > 0) await wait(250 * 2 ** attempt);
    try {
      const answer = await fetch(endpoint, { method: "POST", headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (answer.ok) return IngestAnswer.parse(await answer.json());
      last = `${answer.status} ${(await answer.text()).slice(0, 500)}`;
      if (answer.status === 429) await wait(Number(answer.headers.get("retry-after") ?? 1) * 1_000);
      else if (answer.status < 500) break;
    } catch (error) {
      last = [error, (error as Error).cause].map((e) => (e instanceof Error ? e.message : "")).join(" ");
    }
  }
  throw new Error(`${endpoint.href} does not take the events: ${last}`);
}

function number(option: string, value: string, min: number, max: number): number {
  const parsed = Number(value);
  if (value.trim() === "" || !(parsed >= min && parsed <= max))
    throw new Error(`${option}: ${value} is not a number from ${min} to ${max}`);
  return parsed;
}

/** What is no number is sent as it is, so that Sentinel names it instead of it vanishing here. */
function numberOrNull(value: unknown): unknown {
  const word = text(value);
  if (word === null || /^(nan|null|none|na|n\/a|-)$/i.test(word.trim())) return null;
  return Number.isFinite(Number(word)) ? Number(word) : word;
}
