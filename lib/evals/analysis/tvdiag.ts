import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type AlertSign, suspectsByAlerts } from "@/lib/core/alerts/alert-suspicion";
import { analyse } from "@/lib/core/causes/analyse";
import type { Analysis, Bundle } from "@/lib/core/evidence/bundle";
import { type Line, percent } from "../detection/table";
import { seeded, shuffled } from "./rename";
import { atLeast, fast, reported } from "./score";

interface Row {
  case: string;
  root_cause_instance: string;
  fault: string;
  nodes: string[];
  edges: [string, string][];
  metric_alerts: [node: string, metric: string, direction: string][];
  trace_alerts: [caller: string, callee: string, operation: string, kind: string][];
  log_alerts: [node: string, template: string][];
}

interface AlertCase {
  bundle: Bundle;
  alerts: AlertSign[];
  cause: string;
  fault: string;
}

const WANTED = 0.6;
/** Sizes of the past that are tried, besides none and all others. */
const PASTS = [5, 20, 100];
const ORDERS = 3;

/**
 * Sock Shop failures told by alerts and a map of calls alone (TVDiag). The method learns from past incidents' alerts and never
 * from what their cause was; the cause is only compared with the answer. Services have other names in one seeded order.
 */
export async function tvdiag(data: string): Promise<Line[]> {
  const cases = casesOf(readFileSync(join(data, "tvdiag_events_dev", "sockshop.jsonl.gz")));
  const indices = cases.map((_, i) => i);
  const others = (keep: (j: number, i: number) => boolean) => (i: number) =>
    indices.filter((j) => j !== i && keep(j, i)).map((j) => cases[j]!.alerts);
  const all = others(() => true);
  const some = (n: number) => (i: number) =>
    shuffled(indices.filter((j) => j !== i), seeded(n * 1000 + i)).slice(0, n).map((j) => cases[j]!.alerts); // prettier-ignore
  const before = (order: readonly number[]) => {
    const place = new Map(order.map((j, at) => [j, at]));
    return others((j, i) => place.get(j)! < place.get(i)!);
  };
  const full = score(cases, all);
  const otherKinds = score(cases, others((j, i) => cases[j]!.fault !== cases[i]!.fault)); // prettier-ignore
  const drawn = Array.from({ length: ORDERS }, (_, s) => score(cases, before(shuffled(indices, seeded(s + 1)))).first);
  const faults = [...new Set(cases.map(({ fault }) => fault))].toSorted();
  return [
    {
      ...atLeast(
        `incidents (${cases.length}): faulty instance first, with the other incidents' alerts as history`,
        full.first,
        WANTED,
      ),
      leaveOneOut: `${percent(otherKinds.first)} (history without this kind of fault)`,
      published: "supervised .86",
    },
    { ...reported("among the first three", percent(full.three)), leaveOneOut: percent(otherKinds.three) },
    reported("first named hypothesis", percent(full.named)),
    reported("by fault", faults.map((fault) => `${fault} ${share(full.hits.filter((_, i) => cases[i]!.fault === fault)).toFixed(2)}`).join(", ")), // prettier-ignore
    reported("without history: first, first three", both(score(cases, () => []))),
    ...PASTS.map((n) => reported(`${n} past incidents: first, first three`, both(score(cases, some(n))))),
    reported("each with the incidents before it, in file order", percent(score(cases, before(indices)).first)),
    reported(`the same in ${ORDERS} random orders`, drawn.map(percent).join(", ")),
    reported("most alerts first", percent(share(cases.map(({ alerts, cause }) => tied(counts(alerts, () => 1), cause))))), // prettier-ignore
    reported("most alerts, each weighed by its rarity in the others", percent(share(rarity(cases)))),
    fast(full.slowest),
  ];
}

const both = ({ first, three }: { first: number; three: number }) => `${percent(first)}, ${percent(three)}`;
const share = (hits: readonly number[]) => hits.reduce((a, b) => a + b, 0) / hits.length;

/** What the product says of each case, as an investigation without any reader would. */
function score(cases: readonly AlertCase[], past: (i: number) => AlertSign[][]) {
  let slowest = 0;
  const results = cases.map(({ bundle, alerts, cause }, i): [rank: number, named: boolean] => {
    const known = past(i);
    const started = performance.now();
    const said = analyse(bundle, { alerts: suspectsByAlerts(alerts, known) });
    slowest = Math.max(slowest, performance.now() - started);
    return [said.ranking.findIndex(({ node }) => node === cause), namedFirst(said) === cause];
  });
  const hits = results.map(([rank]) => Number(rank === 0));
  return {
    slowest,
    hits,
    first: share(hits),
    three: share(results.map(([rank]) => Number(rank >= 0 && rank < 3))),
    named: share(results.map(([, named]) => Number(named))),
  };
}

const namedFirst = ({ hypotheses }: Analysis) => hypotheses.find(({ node }) => node !== null)?.node;

function counts(alerts: readonly AlertSign[], weight: (alert: AlertSign) => number): Map<string, number> {
  const sums = new Map<string, number>();
  for (const alert of alerts) sums.set(alert.node, (sums.get(alert.node) ?? 0) + weight(alert));
  return sums;
}

/** 1 where a node has the most; a share of it among several that do. */
function tied(sums: ReadonlyMap<string, number>, node: string): number {
  const most = Math.max(...sums.values());
  const best = [...sums].filter(([, sum]) => sum === most);
  return best.some(([name]) => name === node) ? 1 / best.length : 0;
}

function rarity(cases: readonly AlertCase[]): number[] {
  const key = ({ node, name }: AlertSign) => `${node} ${name}`;
  const seen = new Map<string, number>();
  for (const { alerts } of cases) for (const one of new Set(alerts.map(key))) seen.set(one, (seen.get(one) ?? 0) + 1);
  return cases.map(({ alerts, cause }) => {
    const distinct = [...new Map(alerts.map((alert) => [key(alert), alert])).values()];
    const weight = (alert: AlertSign) => -Math.log((seen.get(key(alert))! - 0.5) / cases.length);
    return tied(counts(distinct, weight), cause);
  });
}

function casesOf(zipped: Buffer): AlertCase[] {
  const rows = gunzipSync(zipped).toString("utf8").trim().split("\n").map((line) => JSON.parse(line) as Row); // prettier-ignore
  const number = (row: Row) => Number(row.case.split("-")[1]);
  const service = (node: string) => node.replace(/-\d+$/, "");
  const services = [...new Set(rows.flatMap(({ nodes }) => nodes.map(service)))].toSorted();
  const names = new Map(shuffled(services, seeded(1)).map((name, i) => [name, `s${i}`]));
  const named = (node: string) => node.replace(service(node), names.get(service(node)) ?? service(node));
  return rows
    .toSorted((a, b) => number(a) - number(b))
    .map((row) => {
      const alerts = [
        ...row.metric_alerts.map(([node, metric, direction]) => ({ node, name: `${metric} ${direction}` })),
        ...row.trace_alerts.map(([, callee, operation, kind]) => ({ node: callee, name: `${operation} ${kind}` })),
        ...row.log_alerts.map(([node, template]) => ({ node, name: `log ${template.replace(node, "")}` })),
      ].map(({ node, name }) => ({ node: named(node), name }));
      const [loudest] = [...counts(alerts, () => 1)].toSorted((a, b) => b[1] - a[1])[0]!;
      const empty = { metrics: [], logs: [], spans: [] };
      const bundle: Bundle = {
        target: { node: loudest, at: 0 },
        nodes: row.nodes.map((id) => ({ id: named(id) })),
        edges: row.edges.map(([a, b]) => [named(a), named(b)]),
        ...empty,
        changes: [],
        normal: empty,
      };
      return { bundle, alerts, cause: named(row.root_cause_instance), fault: row.fault };
    });
}
