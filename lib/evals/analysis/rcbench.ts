import { readFile } from "node:fs/promises";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { analyse } from "@/lib/core/causes/analyse";
import type { Bundle, BundleChange } from "@/lib/core/evidence/bundle";
import { load } from "../detection/measure-real";
import type { Line } from "../detection/table";

interface Case {
  case: string;
  alert: { service: string; summary: string; fired_at: string };
  label: { root_cause_commit: string | null; first_failing_service: string; decoy_deploy_commits: string[] };
  traces: { trace_id: string; span_id: string; parent_id: string | null; service: string }[];
  logs: { timestamp: string; service: string; severity_text: string; msg: string }[];
  context: {
    commits: { sha: string; timestamp: string; message: string; files_changed: string[]; diff: string | null }[];
    deploys: { timestamp: string; service: string; commit_sha: string }[];
    flags: { timestamp: string; service: string; flag: string; change: string }[];
  };
}

const WANTED = 16;
const SERVICE_WANTED = 0.95;
const DECOY_MOST = 0.5;
/** A change with less than this for it is not blamed; leave one out: chosen on the other cases from these. */
const BLAMED_FROM = 0.5;
const BLAMED_FROM_TRIED = [0.3, 0.4, 0.5, 0.6, 0.7];
const seconds = (iso: string) => Date.parse(iso) / 1000;

/**
 * Which commit is to blame, or none: 24 incidents of root-cause-bench, as one bundle each through the same analysis as a live incident.
 * The answer is the commit of the first change if its score is at least a half, and none otherwise. One author wrote all cases: their
 * style is no evidence, and labels are used to score only.
 */
export async function rcbench(data: string): Promise<Line[]> {
  const text = gunzipSync(await readFile(path.join(data, "root_cause_bench/cases.jsonl.gz"))).toString("utf8");
  const cases = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Case);
  const rows = await load(data, "root_cause_bench/metrics.csv.gz");
  const judged = cases.map((one) => {
    const metrics = new Map<string, Bundle["metrics"][number]>();
    for (const row of rows) {
      if (row["case"] !== one.case) continue;
      const [node, metric] = [String(row["service"]), String(row["metric"])];
      const series = metrics.get(`${node} ${metric}`) ?? { node, metric, points: [] };
      metrics.set(`${node} ${metric}`, series);
      series.points.push([seconds(String(row["timestamp"])), Number(row["value"])]);
    }
    return judge(one, [...metrics.values()]);
  });
  type Judged = (typeof judged)[number];
  const answer = ({ ranked: [best] }: Judged, from: number) =>
    best === undefined || best.score < from ? null : best.sha;
  const right = (one: Judged, from = BLAMED_FROM) => answer(one, from) === one.truth;
  const count = (test: (one: Judged) => boolean, among: readonly Judged[] = judged) => among.filter(test).length;
  const chosen = judged.map((one) => {
    const others = judged.filter((other) => other !== one);
    const scored = BLAMED_FROM_TRIED.map((from) => ({ from, right: count((other) => right(other, from), others) }));
    return scored.reduce((best, next) => (next.right > best.right ? next : best)).from;
  });
  const left = judged.filter((one, i) => right(one, chosen[i])).length;
  const culprits = judged.filter(({ truth }) => truth !== null);
  const none = judged.length - culprits.length;
  const first = count(({ service, truthService }) => service === truthService) / judged.length;
  const decoys = Math.max(
    ...judged.map((one) => (one.decoys.includes(answer(one, BLAMED_FROM) ?? "") ? one.confidence : 0)),
  );
  return [
    {
      ...line(
        `culprit or none first, of ${judged.length}`,
        `at least ${WANTED}, leave one out`,
        String(count((one) => right(one))),
        left >= WANTED,
      ),
      leaveOneOut: `${left} (blamed from ${[...new Set(chosen)].join(", ")})`,
    },
    line("  of those with a culprit", "", `${count((one) => right(one), culprits)} of ${culprits.length}`),
    line(
      "  culprit among the first three",
      "",
      `${count(({ ranked, truth }) => ranked.slice(0, 3).some(({ sha }) => sha === truth), culprits)} of ${culprits.length}`,
    ),
    line("  of those without", "", `${count((one) => one.truth === null && right(one))} of ${none}`),
    line("first failing service", `at least ${SERVICE_WANTED}`, first.toFixed(2), first >= SERVICE_WANTED),
    line("  the alert's service", "", (count((j) => j.alerted === j.truthService) / judged.length).toFixed(2)),
    line("highest confidence in a decoy", `at most ${DECOY_MOST}`, decoys.toFixed(2), decoys <= DECOY_MOST),
    line("baseline: always none", "", String(none)),
    line("baseline: the last deploy before the alert", "", String(count((j) => j.last === j.truth))),
    line("baseline: the first deploy of the alert's service", "", String(count((j) => j.own === j.truth))),
  ];
}

const line = (what: string, target: string, measured: string, met: boolean | null = null): Line => ({
  what,
  target,
  measured,
  met,
});

function judge({ alert, label, traces, logs, context }: Case, metrics: Bundle["metrics"]) {
  const at = seconds(alert.fired_at);
  const commits = new Map(context.commits.map((commit) => [commit.sha, commit]));
  const deployed = new Set(context.deploys.map(({ commit_sha }) => commit_sha));
  const shas = new Map<BundleChange, string>();
  const change = (sha: string, t: number, node: string, kind: string) => {
    const commit = commits.get(sha);
    const { message = "", files_changed: files = [], diff = null } = commit ?? {};
    shas.set({ t, node, kind, summary: `${sha.slice(0, 8)} ${message}`, files, diff: diff ?? undefined }, sha);
  };
  for (const { commit_sha, timestamp, service } of context.deploys)
    change(commit_sha, seconds(timestamp), service, "deploy");
  for (const { sha, timestamp } of context.commits)
    if (!deployed.has(sha)) change(sha, seconds(timestamp), "", "commit");
  const flags = context.flags.map(({ timestamp, service, flag, change: moved }) => ({
    t: seconds(timestamp),
    node: service,
    kind: "config",
    summary: `flag ${flag} ${moved}`,
  }));
  const nodes = [...new Set([...metrics.map(({ node }) => node), ...logs.map(({ service }) => service)])];
  const { findings, hypotheses, ranking } = analyse({
    target: { node: alert.service, at },
    nodes: nodes.map((id) => ({ id })),
    edges: edgesOf(traces),
    metrics,
    logs: logs.map(({ timestamp, service, severity_text, msg }) => ({
      t: seconds(timestamp),
      node: service,
      line: `${severity_text} ${msg}`,
    })),
    spans: [],
    changes: [...shas.keys(), ...flags],
    normal: { metrics: [], logs: [], spans: [] },
  });
  const ranked = findings
    .filter(({ kind }) => kind === "change")
    .toSorted((a, b) => Number(a.id.slice(1)) - Number(b.id.slice(1)))
    .map(({ text, strength }) => ({
      sha: [...shas].find(([{ summary }]) => text.includes(`'${summary.slice(0, 9)}`))?.[1] ?? null,
      score: strength,
    }));
  const before = context.deploys
    .filter(({ timestamp }) => seconds(timestamp) <= at)
    .toSorted((a, b) => seconds(a.timestamp) - seconds(b.timestamp));
  return {
    ranked,
    truth: label.root_cause_commit === "none" ? null : label.root_cause_commit || null,
    decoys: label.decoy_deploy_commits,
    /** Of the best hypothesis that a change is to blame. */
    confidence:
      hypotheses.find(({ kind }) => kind === "deploy_regression" || kind === "config_regression")?.confidence ?? 0,
    service: ranking[0]?.node,
    truthService: label.first_failing_service,
    alerted: alert.service,
    last: before.at(-1)?.commit_sha,
    own: before.find(({ service }) => service === alert.service)?.commit_sha,
  };
}

/** Caller and callee of each span with a parent in its trace; `same` stands for the trace above. */
function edgesOf(traces: Case["traces"]): Bundle["edges"] {
  const owner = new Map<string, string>();
  const edges = new Map<string, [string, string]>();
  let trace = "";
  for (const { trace_id, span_id, parent_id, service } of traces) {
    if (trace_id !== "same") trace = trace_id;
    owner.set(`${trace} ${span_id}`, service);
    const caller = owner.get(`${trace} ${parent_id}`);
    if (caller !== undefined && caller !== service) edges.set(`${caller} ${service}`, [caller, service]);
  }
  return [...edges.values()];
}
