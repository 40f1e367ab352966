import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Bundle, LogLine, Series } from "@/lib/core/evidence/bundle";
import { CAUSE_KINDS } from "@/lib/core/base/vocabulary";
import { SentinelError } from "@/lib/errors";

/**
 * Evidence alone lies here, and is all that an investigation is given. Below it: what was behind it, told when a drill is
 * over, and how the recording goes on after its alert, which only the drill's own operator and source of metrics read.
 */
const FOLDER = "seeds/scenarios";
const ID = /^[a-z][a-z0-9-]{0,60}$/;
/** What scenarios were called before their ids said what they are; those names are still understood. */
const FORMER_IDS: Readonly<Record<string, string>> = {
  "checkout-errors": "bad-deploy-01",
  "pages-slow": "bad-deploy-02",
  "orders-stuck": "db-pool-01",
  "invoices-fail": "db-pool-02",
  "payments-time-out": "downstream-01",
  "rides-not-found": "downstream-02",
  "suggestions-late": "memory-leak-01",
  "push-messages-late": "memory-leak-02",
  "search-empty": "config-01",
  "trips-slow": "config-02",
};

/** Seconds from the alert; values lie `step` apart, the last one at `end`. */
const Recording = z.object({
  end: z.number(),
  step: z.number().positive(),
  metrics: z.array(z.object({ node: z.string(), metric: z.string(), unit: z.string().optional(), values: z.array(z.number().nullable()) })),
  logs: z.array(z.tuple([z.number(), z.string(), z.string()])),
}); // prettier-ignore
const words = z.record(z.string(), z.string());
const Scenario = Recording.extend({
  id: z.string(),
  title: z.string(),
  target: z.object({ node: z.string(), metric: z.string(), direction: z.enum(["up", "down"]) }),
  above: z.number(),
  alert: z.object({ status: z.literal("firing"), labels: words, annotations: words }),
  nodes: z.array(z.object({ id: z.string(), kind: z.string() })),
  edges: z.array(z.tuple([z.string(), z.string()])),
  changes: z.array(z.object({ t: z.number(), node: z.string(), kind: z.string(), summary: z.string() })),
  normal: Recording,
});
type Scenario = z.infer<typeof Scenario>;

const Column = z.object({ node: z.string(), metric: z.string(), values: z.array(z.number().nullable()) });
/** How a recording goes on after its alert, a value each `step` seconds: if nothing is done, and after an operation. */
const After = z.object({
  step: z.number().positive(),
  untouched: z.array(Column),
  operations: z.array(z.object({ operation: z.string(), service: z.string(), given: z.object({ operation: z.string(), service: z.string() }).optional(), works: z.boolean(), metrics: z.array(Column) })),
}); // prettier-ignore
export type After = z.infer<typeof After>;

const Answer = z.object({ node: z.string(), kinds: z.array(z.enum(CAUSE_KINDS)), why: z.string() });
/** What was behind a recorded incident. */
export type Answer = z.infer<typeof Answer>;

/** A recorded incident as if its alert fired now. */
export interface LoadedScenario {
  /** Its id as it is now, whichever name was asked for. */
  id: string;
  title: string;
  alert: AlertmanagerMessage;
  bundle: Bundle;
  /** Its metrics and log lines with the recorded normal time laid right before them: there a live incident looks for it. */
  recorded: Series[];
  lines: LogLine[];
  /** Until then, in epoch seconds, all was well. */
  wellUntil: number;
  after: After;
  /** What was alerted on, as a query of the recording, and the limit above which it fires. */
  signal: { node: string; metric: string; unit: string | null; query: string; above: number };
}

/** How the recording's source of metrics calls a series. */
export const queryOf = (node: string, metric: string): string => `${metric}{service=${JSON.stringify(node)}}`;

export interface ScenarioSummary {
  id: string;
  title: string;
  service: string;
}

/** As Alertmanager's webhook sends it, version 4. */
export interface AlertmanagerMessage {
  version: "4";
  groupKey: string;
  truncatedAlerts: number;
  status: "firing" | "resolved";
  receiver: string;
  groupLabels: Record<string, string>;
  commonLabels: Record<string, string>;
  commonAnnotations: Record<string, string>;
  externalURL: string;
  alerts: {
    status: "firing" | "resolved";
    labels: Record<string, string>;
    annotations: Record<string, string>;
    startsAt: string;
    endsAt: string;
    generatorURL: string;
    fingerprint: string;
  }[];
}

/** What can be fired, in alphabetical order. */
export async function listScenarios(): Promise<ScenarioSummary[]> {
  const names = (await readdir(FOLDER)).filter((name) => name.endsWith(".json")).toSorted();
  const all = await Promise.all(names.map((name) => read(name.slice(0, -".json".length))));
  return all.map(({ id, title, target }) => ({ id, title, service: target.node }));
}

/** A recorded incident as if it were alerted now (epoch ms). Former ids are understood. Throws not_found. */
export async function loadScenario(id: string, now: number): Promise<LoadedScenario> {
  const scenario = await read(id);
  return scenarioAt(scenario, await readPart(After, scenario.id, "after"), now);
}

/** The same of one whose files were read, or that was just made. Throws where it is no recording. */
export const parseScenario = (evidence: unknown, after: unknown, now: number): LoadedScenario =>
  scenarioAt(Scenario.parse(evidence), After.parse(after), now);

function scenarioAt(scenario: Scenario, after: After, now: number): LoadedScenario {
  const at = Math.floor(now / 1000);
  const { node, metric } = scenario.target;
  const recordedUnit = scenario.metrics.find((series) => series.node === node && series.metric === metric)?.unit;
  const unit = recordedUnit ?? (metric.endsWith("_ratio") ? "ratio" : null);
  const bundle = bundleOf(scenario, at);
  const normal = before(bundle);
  return {
    id: scenario.id,
    title: scenario.title,
    alert: alertOf(scenario, now),
    bundle,
    recorded: joined(normal.metrics, bundle.metrics),
    lines: [...normal.logs, ...bundle.logs],
    wellUntil: Math.max(0, ...normal.metrics.flatMap(({ points }) => points.slice(-1).map(([t]) => t))),
    after,
    signal: { node, metric, unit, query: queryOf(node, metric), above: scenario.above },
  };
}

/** What was behind a recorded incident. Throws not_found. */
export const loadAnswer = (id: string): Promise<Answer> => readPart(Answer, currentId(id), "answers");

const currentId = (id: string): string => (Object.hasOwn(FORMER_IDS, id) ? FORMER_IDS[id]! : id);

const read = (id: string): Promise<Scenario> => readPart(Scenario, currentId(id), ".");

async function readPart<S extends z.ZodType>(schema: S, id: string, part: string): Promise<z.output<S>> {
  if (!ID.test(id)) throw unknown();
  try {
    return schema.parse(JSON.parse(await readFile(join(FOLDER, part, `${id}.json`), "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw unknown();
    throw error;
  }
}

const unknown = () => new SentinelError("not_found", { detail: "No scenario has this name" });

function bundleOf(scenario: Scenario, at: number): Bundle {
  return {
    target: { ...scenario.target, at },
    nodes: scenario.nodes,
    edges: scenario.edges,
    metrics: seriesOf(scenario, at),
    logs: linesOf(scenario, at),
    spans: [],
    changes: scenario.changes.map(({ t, ...change }) => ({ t: at + t, ...change })),
    normal: { metrics: seriesOf(scenario.normal, at), logs: linesOf(scenario.normal, at), spans: [] },
  };
}

const seriesOf = ({ metrics, end, step }: z.infer<typeof Recording>, at: number): Series[] =>
  metrics.map(({ node, metric, unit, values }) => ({
    node,
    metric,
    ...(unit && { unit }),
    points: values.flatMap((value, i): Series["points"] =>
      value === null ? [] : [[at + end - (values.length - 1 - i) * step, value]],
    ),
  }));

const linesOf = ({ logs }: z.infer<typeof Recording>, at: number): LogLine[] =>
  logs.map(([t, node, line]) => ({ t: at + t, node, line }));

function alertOf({ id, alert, target, above }: Scenario, now: number): AlertmanagerMessage {
  const { labels } = alert;
  const expression = `${queryOf(target.node, target.metric)} > ${above}`;
  return {
    version: "4",
    groupKey: `{}:{service=${JSON.stringify(target.node)}}`,
    truncatedAlerts: 0,
    status: "firing",
    receiver: "sentinel",
    groupLabels: { service: target.node },
    commonLabels: labels,
    commonAnnotations: alert.annotations,
    externalURL: "http://recording.invalid",
    alerts: [
      {
        status: "firing",
        labels,
        annotations: alert.annotations,
        startsAt: new Date(now).toISOString(),
        endsAt: "0001-01-01T00:00:00Z",
        generatorURL: `http://recording.invalid/graph?${new URLSearchParams({ "g0.expr": expression })}`,
        fingerprint: Buffer.from(id).toString("hex").slice(0, 16).padEnd(16, "0"),
      },
    ],
  };
}

/** The recorded normal time, moved to right before the incident's recording. */
function before({ metrics, normal }: Bundle): Pick<Bundle, "metrics" | "logs"> {
  const starts = metrics.flatMap(({ points }) => points.slice(0, 1).map(([t]) => t));
  const ends = normal.metrics.flatMap(({ points }) => points.slice(-1).map(([t]) => t));
  if (starts.length === 0 || ends.length === 0) return normal;
  const shift = Math.min(...starts) - Math.max(...ends) - 1;
  return {
    metrics: normal.metrics.map((series) => ({
      ...series,
      points: series.points.map(([t, value]): [number, number] => [t + shift, value]),
    })),
    logs: normal.logs.map((line) => ({ ...line, t: line.t + shift })),
  };
}

/** What was normal and what was seen of a metric, as one series. */
function joined(normal: readonly Series[], seen: readonly Series[]): Series[] {
  const all = new Map<string, Series>();
  for (const series of [...normal, ...seen]) {
    const key = JSON.stringify([series.node, series.metric]);
    const known = all.get(key);
    all.set(key, known ? { ...known, points: [...known.points, ...series.points] } : series);
  }
  return [...all.values()].map((series) => ({ ...series, points: series.points.toSorted(([a], [b]) => a - b) }));
}
