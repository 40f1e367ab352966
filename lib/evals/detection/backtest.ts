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
  type PeerSummary,
  resetEvidence,
  summarise,
  type TypePrior,
} from "@/lib/core/detection/detect";
import type { Verdict } from "@/lib/core/base/vocabulary";
import { cell, text } from "./cells";
import { type Columns, toObservation, type Written } from "./columns";
import type { Row } from "./rows";

export interface BacktestOptions {
  columns: Columns;
  arl?: number;
  /** How the file's cells are written; plainly, where this is left out. */
  written?: Written;
  /** The first rows of each entity, from which is learned only. */
  learnRows?: number;
  /** What every entity borrows, instead of what its peers in the file know. */
  prior?: TypePrior | null;
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
    /** Rows that were judged: of their entity enough was known by then, and they were not only to be learned from. */
    judged: number;
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
 * Run the real detector over rows in the order of time, entity by entity, as if they had been reported one after another. With
 * a run column the rows must be given twice: `ends` (see {@link runEnds}) tells where each run's last row is, which a live
 * agent reports itself with `run_end`.
 */
export class Backtest {
  private readonly entities = new Map<string, Entity>();
  private readonly settings: DetectSettings;
  private row = 0;
  private rows = 0;
  private judged = 0;
  private readonly alarms: Alarm[] = [];

  constructor(
    private readonly options: BacktestOptions,
    private readonly ends: ReadonlySet<number> = new Set(),
  ) {
    const arl = options.arl ?? DEFAULT_DETECT_SETTINGS.arl;
    this.settings = { ...DEFAULT_DETECT_SETTINGS, arl, gaugeArl: options.arl };
  }

  /** Judge one row; its alarms. `index`: its place in the file. Throws an error naming the column for a row without entity or readable time. */
  feed(row: Row, index = this.rows): Alarm[] {
    this.row = index;
    this.rows++;
    const { columns, learnRows = 0, written } = this.options;
    const name = text(cell(row, columns.entity));
    if (name === null) throw new Error(`row ${this.row}: column "${columns.entity}" (--entity) is empty or missing`);
    const entity = this.entityOf(name, columns.type === undefined ? null : text(cell(row, columns.type)));
    const o = toObservation(row, this.row, columns, written);
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
      return [];
    }
    if (!isLearning(entity.state)) this.judged++;
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
    return found;
  }

  /** What each entity's detector tells of its kind. */
  summaries(): PeerSummary[] {
    return [...this.entities.values()].map(({ state }) => summarise(state));
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
      summary: {
        rows: this.rows,
        judged: this.judged,
        entities: this.entities.size,
        quarantined,
        alarms,
        byMetric,
        arl: this.settings.arl,
      },
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
      prior: this.options.prior ?? null,
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

/** Rows, by their place in the file, that are the last of their entity's run. */
export async function runEnds(
  rows: AsyncIterable<Placed> | Iterable<Placed>,
  columns: Pick<Columns, "entity" | "run">,
): Promise<Set<number>> {
  const last = new Map<string, number>();
  for await (const { row, index } of rows) {
    const run = columns.run === undefined ? null : text(cell(row, columns.run));
    if (run !== null) last.set(`${text(cell(row, columns.entity))}\u0000${run}`, index);
  }
  return new Set(last.values());
}

/** A row and its place in the file, from 0. */
export interface Placed {
  row: Row;
  index: number;
}
/** Rows with their places, in the order of the file. */
export async function* placed(rows: AsyncIterable<Row> | Iterable<Row>): AsyncGenerator<Placed> {
  let index = 0;
  for await (const row of rows) yield { row, index: index++ };
}
