import type { Operator } from "@/lib/actions/service/index";
import type { Db } from "@/lib/db/client";
import { listActionRunsOf } from "@/lib/db/queries/healing";
import { pushedLogs } from "@/lib/evidence/logs-pushed";
import { found } from "@/lib/evidence/looked";
import type { Prometheus, RangeSeries } from "@/lib/evidence/prometheus";
import type { Integrations } from "@/lib/response/services/context";
import { DRILL_OPERATIONS } from "./operations";
import { type Playback, play } from "./playback";
import { type LoadedScenario, queryOf } from "./scenarios";

const SOURCE = "the recording";

/** One drill as it is played: its database, its recording and the incident in it. */
export interface Played {
  db: Db;
  scenario: LoadedScenario;
  incident: string;
}

/** What is measured in a drill: its recording, and what has been done in it so far. */
export async function playbackOf({ db, scenario: { recorded, after, bundle }, incident }: Played): Promise<Playback> {
  const runs = await listActionRunsOf(db, incident);
  return {
    recorded,
    after,
    firedAt: bundle.target.at,
    // An operation of a drill takes no time: what was begun was done, also where the process ended right then.
    done: runs
      .filter(({ state }) => state !== "failed")
      .map(({ args, subjectId, startedAt }) => ({
        operation: String(args["entry"]),
        service: subjectId,
        at: startedAt / 1_000,
      }))
      .toSorted((a, b) => a.at - b.at),
  };
}

/**
 * Everything that a drill can reach: its own database and its recording. No program, no webhook, no repository, no live
 * source. Models may write on top as they do for a real incident: they read the drill's evidence, and cannot act.
 */
export function drillIntegrations(played: Played, chains: Integrations["chains"]): Integrations {
  return {
    // What an investigation reads came in as rows; a live source would say the same twice.
    prometheus: recordedMetrics(async () => []),
    watched: recordedMetrics((query, from, to) => measured(played, query, from, to)),
    logs: () => [pushedLogs(played.db)],
    kubernetes: null,
    repositories: null,
    allowList: DRILL_OPERATIONS,
    operator: RECORDED_OPERATOR,
    chains,
    embedder: null,
  };
}

async function measured(played: Played, query: string, from: number, to: number): Promise<RangeSeries[]> {
  const playback = await playbackOf(played);
  const { node, metric } =
    [...playback.recorded, ...playback.after.untouched].find((one) => queryOf(one.node, one.metric) === query) ?? {};
  if (node === undefined || metric === undefined) return [];
  const points = play(playback, node, metric, from, to);
  return points.length === 0 ? [] : [{ labels: { service: node }, points }];
}

/** A source of metrics that knows one recording. It has no rules, targets or alerts of its own. */
export function recordedMetrics(read: (query: string, from: number, to: number) => Promise<RangeSeries[]>): Prometheus {
  const nothing = () => Promise.resolve(found<never[]>(SOURCE, []));
  return {
    source: SOURCE,
    range: async (query, { from, to }) => found(SOURCE, await read(query, from, to)),
    instant: nothing,
    labelValues: nothing,
    series: nothing,
    targets: nothing,
    alerts: nothing,
    rules: nothing,
  };
}

const REFUSED = { ok: false, detail: "nothing was run: a drill acts on its recording only", result: {} };
const how = (service: string, operation: string) => `${operation} on ${service}, in the recording only`;

/** Carries out what the recording knows, by noting that it was done: what is measured from now on is what followed it. */
export const RECORDED_OPERATOR: Operator = {
  world: "drill",
  perform: ({ runs, service, entry }) =>
    Promise.resolve(runs.kind === "replay" ? { ok: true, detail: how(service, entry.name), result: {} } : REFUSED),
  dryRun: ({ runs, service, entry }) =>
    Promise.resolve(
      runs.kind === "replay" ? { ok: true, detail: `Would run ${how(service, entry.name)}`, result: {} } : REFUSED,
    ),
};
