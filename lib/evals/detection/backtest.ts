import {
  acceptAsNormal,
  type Anomaly,
  buildPrior,
  createDetector,
  DEFAULT_DETECT_SETTINGS,
  type DetectSettings,
  type DetectorState,
  isLearning,
  observe,
  type Observation,
  resetEvidence,
  summarise,
  type TypePrior,
} from "@/lib/core/detect";
import { type Metric, METRICS, type Verdict } from "@/lib/core/vocabulary";
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

export interface BacktestOptions {
  columns: Columns;
  arl?: number;
  /** The first rows of each entity, from which is learned only. */
  learnRows?: number;
}

export interface Alarm {
  entity: string;
  /** From 0, in file order. */
  row: number;
  time: string;
  metric: string;
  type: Anomaly["type"];
  severity: number;
  would: Verdict;
  evidence: Anomaly["evidence"];
  value: number;
  expected: Anomaly["expected"];
  effect: number;
  samples: number;
  detail: Anomaly["detail"];
}

export interface BacktestReport {
  alarms: Alarm[];
  summary: {
    rows: number;
    entities: number;
    /** Entities that would have been quarantined at least once. */
    quarantined: number;
    alarms: Record<Verdict, number>;
    byMetric: Record<string, number>;
    arl: number;
  };
}

/** After this many rows an open hold is taken for reviewed: what is then usual becomes normal, so that the file's rest can be judged. */
const REVIEW_ROWS = 200;
/** Peers' baselines are read again for a new entity; more than this many tell nothing new. */
const PEERS_READ = 50;

interface Entity {
  state: DetectorState;
  type: string | null;
  prior: TypePrior | null;
  rows: number;
  /** Row of the entity at which a hold began, or null. */
  heldSince: number | null;
  /** Metrics held for: what a reviewer would accept. */
  heldFor: { metric: string; stratum: string }[];
  everHeld: boolean;
}

/**
 * Run the real detector over rows in file order, entity by entity, as if they had been reported one after another. With
 * a run column the rows must be given twice: `ends` (see {@link runEnds}) tells where each run's last row is, which a live
 * agent reports itself with `run_end`.
 */
export class Backtest {
  private readonly entities = new Map<string, Entity>();
  private readonly settings: DetectSettings;
  private row = 0;
  private readonly alarms: Alarm[] = [];

  constructor(
    private readonly options: BacktestOptions,
    private readonly ends: ReadonlySet<number> = new Set(),
  ) {
    this.settings = { ...DEFAULT_DETECT_SETTINGS, arl: options.arl ?? DEFAULT_DETECT_SETTINGS.arl };
  }

  /** Judge one row; its alarms. Throws an error naming the column for a row without entity or readable time. */
  feed(row: Row): Alarm[] {
    const { columns, learnRows = 0 } = this.options;
    const name = text(row[columns.entity]);
    if (name === null) throw new Error(`row ${this.row}: column "${columns.entity}" (--entity) is empty or missing`);
    const entity = this.entityOf(name, columns.type === undefined ? null : text(row[columns.type]));
    const o = toObservation(row, this.row, columns);
    const anomalies = observe(entity.state, o, this.settings, entity.prior);
    if (this.ends.has(this.row))
      observe(
        entity.state,
        { ...o, kind: "run_end", values: {}, gauges: undefined, actionHash: null },
        this.settings,
        entity.prior,
      );
    entity.rows++;
    if (entity.rows <= learnRows) {
      if (anomalies.length > 0) resetEvidence(entity.state);
      this.row++;
      return [];
    }
    const found = anomalies.map((a) => this.alarm(name, a, o));
    const holds = anomalies.filter((a) => a.verdict !== "watch");
    if (holds.length > 0) {
      entity.everHeld = true;
      entity.heldSince ??= entity.rows;
      entity.heldFor.push(...holds.filter((a) => a.stratum in entity.state.strata));
    }
    if (entity.heldSince !== null && entity.rows - entity.heldSince >= REVIEW_ROWS) {
      acceptAsNormal(entity.state, entity.heldFor);
      entity.heldSince = null;
      entity.heldFor = [];
    }
    this.alarms.push(...found);
    this.row++;
    return found;
  }

  report(): BacktestReport {
    const alarms: Record<Verdict, number> = { watch: 0, suspect: 0, quarantine: 0 };
    const byMetric: Record<string, number> = {};
    for (const a of this.alarms) {
      alarms[a.would]++;
      byMetric[a.metric] = (byMetric[a.metric] ?? 0) + 1;
    }
    const quarantined = [...this.entities.values()].filter((e) => e.everHeld).length;
    return {
      alarms: this.alarms,
      summary: { rows: this.row, entities: this.entities.size, quarantined, alarms, byMetric, arl: this.settings.arl },
    };
  }

  private entityOf(name: string, type: string | null): Entity {
    const found = this.entities.get(name);
    if (found !== undefined) {
      if (found.prior === null && found.rows < 5 && type !== null) found.prior = this.priorOf(type, found);
      return found;
    }
    const entity: Entity = {
      state: createDetector(),
      type,
      prior: null,
      rows: 0,
      heldSince: null,
      heldFor: [],
      everHeld: false,
    };
    if (type !== null) entity.prior = this.priorOf(type, entity);
    this.entities.set(name, entity);
    return entity;
  }

  private priorOf(type: string, self: Entity): TypePrior | null {
    const peers = [...this.entities.values()].filter((e) => e !== self && e.type === type && !isLearning(e.state));
    return buildPrior(peers.slice(0, PEERS_READ).map((e) => summarise(e.state)));
  }

  private alarm(entity: string, a: Anomaly, o: Observation): Alarm {
    return {
      entity,
      row: this.row,
      time: new Date(o.at).toISOString(),
      metric: a.metric,
      type: a.type,
      severity: a.severity,
      // A file has no fleet to ask: what would wait for it is decided as for a lone agent.
      would: a.verdict === "suspect" ? "quarantine" : a.verdict,
      evidence: a.evidence,
      value: a.value,
      expected: a.expected,
      effect: a.effect,
      samples: a.samples,
      detail: a.detail,
    };
  }
}

/** Rows (from 0) that are the last of their entity's run. */
export async function runEnds(rows: AsyncIterable<Row> | Iterable<Row>, columns: Columns): Promise<Set<number>> {
  const last = new Map<string, number>();
  let i = 0;
  for await (const row of rows) {
    const run = columns.run === undefined ? null : text(row[columns.run]);
    if (run !== null) last.set(`${text(row[columns.entity])}\u0000${run}`, i);
    i++;
  }
  return new Set(last.values());
}

function toObservation(row: Row, seq: number, c: Columns): Observation {
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
    model: read(c.model),
    responseModel: null,
    promptVersion: null,
    promptHash: read(c.prompt),
    toolsHash: null,
    stepKind: read(c.step),
    tool: null,
    runId,
    parentRunId: null,
    actionHash: read(c.action),
    resultHash: read(c.result),
    success,
    values,
    gauges,
    learn: true,
  };
}

export const isVital = (name: string): boolean => (METRICS as readonly string[]).includes(name);

/** What a CSV or JSONL cell says, as text; null for what is empty. */
function text(value: unknown): string | null {
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

function truth(value: unknown, row: number, column: string): boolean | null {
  const word = text(value)?.trim().toLowerCase() ?? null;
  if (word === null) return null;
  if (YES.has(word)) return true;
  if (NO.has(word)) return false;
  throw new Error(`row ${row}: column "${column}" (--success) is neither true nor false: ${JSON.stringify(value)}`);
}

/** Numbers below this are seconds since 1970, others milliseconds. */
const SECONDS_BELOW = 1e11;

function timeOf(value: unknown, row: number, column: string): number {
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
