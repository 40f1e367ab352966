import { UNSAID } from "@/lib/core/anomaly";
import type { Observation } from "@/lib/core/detect";
import { type Metric, METRICS } from "@/lib/core/vocabulary";
import type { Row } from "./rows";

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

/** A row as the event that a live agent would have reported. Throws an error naming the column that cannot be read. */
export function toObservation(row: Row, seq: number, c: Columns): Observation {
  const read = (column: string | undefined) => (column === undefined ? null : text(row[column]));
  const values: Observation["values"] = {};
  const gauges: Record<string, number> = {};
  for (const { name, column, vital } of c.metrics) {
    const value = number(row[column], seq, column);
    if (value === null) continue;
    if (vital) values[name as Metric] = value;
    else gauges[name] = value;
  }
  const success = c.success === undefined ? null : truth(row[c.success], seq, c.success);
  if (success !== null) values.error = success ? 0 : 1;
  const runId = read(c.run);
  return {
    seq,
    at: timeOf(row[c.time], seq, c.time),
    kind: runId === null && c.step === undefined ? "run_end" : "model_call",
    ...UNSAID,
    model: read(c.model),
    promptHash: read(c.prompt),
    stepKind: read(c.step),
    runId,
    actionHash: read(c.action),
    resultHash: read(c.result),
    success,
    values,
    gauges,
    learn: true,
  };
}

export const isVital = (name: string): boolean => (METRICS as readonly string[]).includes(name);

/** What a CSV or JSONL cell says, as text; null if it is empty. */
export function text(value: unknown): string | null {
  if (value === undefined || value === null || value === "") return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A finite number, or null for what is empty; text that is no number is an error that names the column. */
function number(value: unknown, row: number, column: string): number | null {
  if (value === undefined || value === null || value === "") return null;
  const n = Number(value);
  if (Number.isFinite(n)) return n;
  if (/^(nan|null|none|na|n\/a|-)$/i.test((text(value) ?? "").trim())) return null;
  throw new Error(`row ${row}: column "${column}" is not a number: ${JSON.stringify(value)}`);
}

const YES = new Set(["1", "true", "yes", "ok", "success", "succeeded"]);
const NO = new Set(["0", "false", "no", "error", "fail", "failed", "failure"]);

/** Yes or no in any of the usual words; null if it is empty. */
export function truth(value: unknown, row: number, column: string): boolean | null {
  const word = text(value)?.trim().toLowerCase() ?? null;
  if (word === null) return null;
  if (YES.has(word)) return true;
  if (NO.has(word)) return false;
  throw new Error(`row ${row}: column "${column}" (--success) is neither true nor false: ${JSON.stringify(value)}`);
}

/** Numbers below this are seconds since 1970, others milliseconds. */
const SECONDS_BELOW = 1e11;

/** Epoch ms of ISO 8601 (UTC where it names no zone) or epoch seconds or milliseconds. */
export function timeOf(value: unknown, row: number, column: string): number {
  const word = text(value)?.trim() ?? null;
  if (word !== null) {
    const n = Number(word);
    if (Number.isFinite(n)) return Math.abs(n) < SECONDS_BELOW ? Math.round(n * 1000) : Math.round(n);
    const iso = word.replace(" ", "T").replace(/(\.\d{3})\d+/, "$1");
    const at = Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(iso) || !iso.includes("T") ? iso : `${iso}Z`);
    if (Number.isFinite(at)) return at;
  }
  throw new Error(`row ${row}: column "${column}" (--time) is not a time: ${JSON.stringify(value)}`);
}
