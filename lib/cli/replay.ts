import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Command } from "commander";
import { type AgentEvent, EVENT_FIELDS, EVENT_LIMITS } from "@/lib/contracts/event";
import { IngestAnswer } from "@/lib/contracts/ingest";
import { runEnds } from "@/lib/evals/detection/backtest";
import { cell, isNothing, number as numberIn, text, truth } from "@/lib/evals/detection/cells";
import { timeOf } from "@/lib/evals/detection/columns";
import { type InOrder, readInOrder } from "@/lib/evals/detection/in-order";
import type { Row } from "@/lib/evals/detection/rows";
import { type ColumnOptions, columnsOf, parseMetrics, withColumns } from "./columns";

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
    .description("Send a recorded file through the HTTP API as if its first row happened now")
    .option("--speed <n>", "speed factor; 0: as fast as the server accepts", "1")
    .requiredOption("--url <origin>", "address of the running Sentinel")
    .requiredOption("--key <key>", "an ingest key that may report for every entity of the file")
    .option("--batch <n>", "events per request (one more where a run ends)", "500")
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
  const endpoint = new URL("/api/v1/ingest", options.url);
  const sent: Sent = { rows: 0, accepted: 0, duplicates: 0, rejected: 0 };
  const metrics = parseMetrics(options.metrics);
  const file = await readInOrder(
    options.input,
    { ...columnsOf(options), metrics: metrics.map((one) => ({ ...one, vital: true })) },
    options,
  );
  const toEvent = mapper(options, metrics, file);
  const ends = options.run === undefined ? new Set<number>() : await runEnds(file.rows(), options);
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
  for await (const { row, index } of file.rows()) {
    const at = timeOf(cell(row, options.time), index, options.time, file.reading.times);
    first ??= at;
    const due = speed === 0 ? Date.now() : began + (at - first) / speed;
    if (waiting.length >= most || due - Date.now() > FLUSH_MS || Date.now() - flushedAt > FLUSH_MS) await flush();
    if (due > Date.now()) await wait(due - Date.now());
    const event = toEvent(row, Math.max(due, Date.now()), index);
    waiting.push(event);
    if (ends.has(index)) waiting.push(endOf(event));
    sent.rows++;
  }
  await flush();
  return sent;
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
function mapper(
  o: Options,
  metrics: readonly { name: string; column: string }[],
  { reading }: InOrder,
): (row: Row, at: number, index: number) => Partial<AgentEvent> {
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
      agent_id: text(cell(row, o.entity)),
      timestamp: Math.round(at),
      instance_id: instance,
      sequence,
      attributes: { recorded_at: text(cell(row, o.time)) },
    };
    if (o.run !== undefined || o.step !== undefined) event.kind = "model_call";
    for (const [field, column] of columns) if (column !== undefined) event[field] = text(cell(row, column));
    if (o.success !== undefined) event.success = truth(cell(row, o.success), index, o.success);
    for (const { name, column } of metrics) event[name] = valueOf(name, cell(row, column), index, column, reading);
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
  throw new Error(`${endpoint.href} did not accept the events: ${last}`);
}

function number(option: string, value: string, min: number, max: number): number {
  const parsed = Number(value);
  if (value.trim() === "" || !(parsed >= min && parsed <= max))
    throw new Error(`${option}: ${value} is not a number from ${min} to ${max}`);
  return parsed;
}

/** What is no number is sent as it is, so that Sentinel names it instead of it vanishing here. */
function valueOf(name: string, value: unknown, row: number, column: string, { numbers }: InOrder["reading"]): unknown {
  if (isNothing(value)) return null;
  try {
    return name === "success"
      ? truth(value, row, column, "--metrics")
      : numberIn(value, row, column, numbers.get(column));
  } catch {
    return text(value);
  }
}
