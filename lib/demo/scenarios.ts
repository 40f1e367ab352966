import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Bundle, LogLine, Series } from "@/lib/core/bundle";
import { SentinelError } from "@/lib/errors";

/** Evidence alone lies here. What was behind it lies in a folder below, which nothing but a test reads. */
const FOLDER = "seeds/scenarios";
const ID = /^[a-z][a-z0-9-]{0,60}$/;

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
  alert: z.object({ status: z.literal("firing"), labels: words, annotations: words }),
  nodes: z.array(z.object({ id: z.string(), kind: z.string() })),
  edges: z.array(z.tuple([z.string(), z.string()])),
  changes: z.array(z.object({ t: z.number(), node: z.string(), kind: z.string(), summary: z.string() })),
  normal: Recording,
});
type Scenario = z.infer<typeof Scenario>;

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
  status: "firing";
  receiver: string;
  groupLabels: Record<string, string>;
  commonLabels: Record<string, string>;
  commonAnnotations: Record<string, string>;
  externalURL: string;
  alerts: {
    status: "firing";
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

/** A recorded incident as if it were alerted now (epoch ms): its alert, and its evidence as a bundle. Throws not_found. */
export async function loadScenario(id: string, now: number): Promise<{ alert: AlertmanagerMessage; bundle: Bundle }> {
  const scenario = await read(id);
  const at = Math.floor(now / 1000);
  return { alert: alertOf(scenario, now), bundle: bundleOf(scenario, at) };
}

async function read(id: string): Promise<Scenario> {
  if (!ID.test(id)) throw unknown();
  try {
    return Scenario.parse(JSON.parse(await readFile(join(FOLDER, `${id}.json`), "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw unknown();
    throw error;
  }
}

const unknown = () => new SentinelError("not_found", { detail: "There is no scenario of this name" });

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

function alertOf({ id, alert, target }: Scenario, now: number): AlertmanagerMessage {
  // Each firing is an alert of its own, as each night's would be: told apart by when it started.
  const labels = { ...alert.labels, scenario: id };
  return {
    version: "4",
    groupKey: `{}:{service=${JSON.stringify(target.node)}}`,
    truncatedAlerts: 0,
    status: "firing",
    receiver: "sentinel",
    groupLabels: { service: target.node },
    commonLabels: labels,
    commonAnnotations: alert.annotations,
    externalURL: "http://scenario.invalid",
    alerts: [
      {
        status: "firing",
        labels,
        annotations: alert.annotations,
        startsAt: new Date(now).toISOString(),
        endsAt: "0001-01-01T00:00:00Z",
        generatorURL: "",
        fingerprint: Buffer.from(id).toString("hex").slice(0, 16).padEnd(16, "0"),
      },
    ],
  };
}
