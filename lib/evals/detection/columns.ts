import { UNSPECIFIED } from "@/lib/core/detection/anomaly";
import type { Observation } from "@/lib/core/detection/detect";
import { type Metric, METRICS } from "@/lib/core/base/vocabulary";
import { cell, number, type NumberStyle, text, truth } from "./cells";
import type { Row } from "./rows";
import { parseTime, PLAIN_TIMES, type TimeFormat } from "./times";

/** Which column means what. `metrics` maps a vital, or a gauge's name, to its column. */
export interface Columns {
  entity: string;
  time: string;
  metrics: { name: string; column: string; vital: boolean }[];
  type?: string;
  prompt?: string;
  model?: string;
  success?: string;
  step?: string;
  run?: string;
  action?: string;
  result?: string;
}

/** How the cells of a file are written; see survey.ts. */
export interface Written {
  times: TimeFormat;
  numbers: ReadonlyMap<string, NumberStyle>;
}
const PLAINLY: Written = { times: PLAIN_TIMES, numbers: new Map() };

/** Fields of an event that are no metrics themselves, but say one: as in a live agent's events. */
export const VITAL_FIELDS = ["success", "attempts", "cached_input_tokens"] as const;

/** Whether a column of this name is judged as a vital. */
export const isVital = (name: string): boolean => [...METRICS, ...VITAL_FIELDS].some((vital) => vital === name);

/** A row as the event that a live agent would have reported. Throws an error naming the column that cannot be read. */
export function toObservation(row: Row, seq: number, c: Columns, written: Written = PLAINLY): Observation {
  const read = (column: string | undefined) => (column === undefined ? null : text(cell(row, column)));
  const gauges: Record<string, number> = {};
  const vitals: Record<string, number> = {};
  for (const { name, column, vital } of c.metrics) {
    const value = cell(row, column);
    const flag = vital && (name === "success" || name === "error") ? flagOf(name, value, seq, column) : null;
    const n = flag ?? number(value, seq, column, written.numbers.get(column));
    if (n !== null) (vital ? vitals : gauges)[name] = n;
  }
  const said = c.success === undefined ? null : truth(cell(row, c.success), seq, c.success);
  if (said !== null) vitals.success = Number(said);
  const runId = read(c.run);
  return {
    seq,
    at: timeOf(cell(row, c.time), seq, c.time, written.times),
    kind: runId === null && c.step === undefined ? "run_end" : "model_call",
    ...UNSPECIFIED,
    model: read(c.model),
    promptHash: read(c.prompt),
    stepKind: read(c.step),
    runId,
    actionHash: read(c.action),
    resultHash: read(c.result),
    success: vitals.success === undefined ? null : vitals.success > 0,
    values: valuesOf(vitals),
    gauges,
    learn: true,
  };
}

/** A yes or no, where a vital is one, as 1 or 0; an error may be counted. */
function flagOf(name: "success" | "error", value: unknown, row: number, column: string): number | null {
  if (name === "error" && Number.isFinite(Number(text(value) ?? Number.NaN))) return null;
  const said = truth(name === "error" ? errorWord(value) : value, row, column, "--metrics");
  return said === null ? null : Number(said);
}

/** In a column of errors "false" and "0" mean none, and "failed" means one. */
function errorWord(value: unknown): unknown {
  const word = text(value)?.toLowerCase();
  if (word === "ok" || word === "success" || word === "succeeded") return "false";
  return word === "error" || word === "fail" || word === "failed" || word === "failure" ? "true" : value;
}

/** The metrics that an event's fields say, as for a live agent's events (see loop/observation.ts). */
function valuesOf(vitals: Record<string, number>): Observation["values"] {
  const { success, attempts, cached_input_tokens: cached, ...values } = vitals;
  const metrics = values as Partial<Record<Metric, number>>;
  if (success !== undefined) metrics.error = success > 0 ? 0 : 1;
  if (attempts !== undefined) metrics.retries ??= Math.max(0, attempts - 1);
  if (cached !== undefined && values.input_tokens) metrics.cache_ratio ??= Math.min(1, cached / values.input_tokens);
  return metrics;
}

/** Epoch ms of a cell; see {@link parseTime}. Throws an error that names the row and the column. */
export function timeOf(value: unknown, row: number, column: string, format: TimeFormat = PLAIN_TIMES): number {
  const said = text(value);
  const at = said === null ? null : parseTime(said, format);
  if (typeof at === "number") return at;
  const what = at === null ? "is not a time" : "may be read with the day or the month first";
  throw new Error(`row ${row}: column "${column}" (--time) ${what}: ${JSON.stringify(value)?.slice(0, SHOWN)}`);
}
const SHOWN = 100;
