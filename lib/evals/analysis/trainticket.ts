import type { LogLine, SpanStat } from "@/lib/core/evidence/bundle";
import { load } from "../detection/measure-real";
import { type Line, percent } from "../detection/table";
import { seriesOf, spanOf } from "./nezha";
import { atLeast, byAnalysis, byLargestShift, fast, type LabelledCase, reported, scoreCases } from "./score";

/** A fault is looked at for so long after it was injected; its injection lasts a few minutes. */
const WINDOW_S = 240;
/** A row of metrics stands for the minute before it. */
const MINUTE_S = 60;
const ENTRY = "ts-gateway-service";

interface TrainTicketCase extends LabelledCase {
  type: string;
}

/** Train Ticket's faults as bundles, lines included. Normal time of spans and lines is two minutes; of metrics, two days. */
export async function trainTicketCases(data: string): Promise<TrainTicketCase[]> {
  const faults = await load(data, "nezha_trainticket_dev/faults.csv");
  const metrics = (await load(data, "nezha_trainticket_dev/metrics.csv.gz")).map((row) => ({
    t: Number(row["TimeStamp"]),
    normal: row["phase"] === "normal",
    row,
  }));
  const spans = (await load(data, "nezha_trainticket_dev/span_stats.csv.gz")).map((row) => ({
    normal: row["phase"] === "normal",
    from: Number(row["t_min_ms"]) / 1000,
    to: Number(row["t_max_ms"]) / 1000,
    row: spanOf(row),
  }));
  const lines = new Map<string, { normal: boolean; line: LogLine }>();
  for (const row of await load(data, "nezha_trainticket_dev/logs.csv.gz")) {
    const normal = row["phase"] === "normal";
    const line: LogLine = {
      t: Number(row["ts_ms"]) / 1000,
      node: String(row["service"]),
      line: `${String(row["level"])} ${String(row["loc"])} ${String(row["msg"])}`.trim(),
    };
    // Files of neighbouring minutes overlap: the same line of the same trace is one line.
    lines.set(`${normal} ${line.t} ${line.node} ${String(row["trace8"])} ${line.line}`, { normal, line });
  }
  const edges = new Map<string, [string, string]>();
  for (const { row } of spans)
    if (row.parent !== undefined && row.parent !== row.node)
      edges.set(`${row.parent} ${row.node}`, [row.parent, row.node]);
  const services = [...new Set(metrics.map(({ row }) => String(row["service"])))];
  const logs = [...lines.values()];
  const normal = {
    metrics: seriesOf(metrics.filter((m) => m.normal)),
    spans: spans.filter((s) => s.normal).map((s) => s.row),
    logs: logs.filter((l) => l.normal).map((l) => l.line),
  };
  return faults.map((fault, i) => {
    const at = Number(fault["ts"]);
    return {
      id: String(i),
      type: String(fault["type"]),
      cause: String(fault["service"]),
      bundle: {
        target: { node: ENTRY, at },
        nodes: services.map((id) => ({ id })),
        edges: [...edges.values()],
        metrics: seriesOf(metrics.filter((m) => m.t > at - MINUTE_S / 2 && m.t < at + WINDOW_S)),
        logs: logs.filter((l) => !l.normal && l.line.t >= at && l.line.t < at + WINDOW_S).map((l) => l.line),
        spans: spans.filter((s) => !s.normal && s.to > at && s.from < at + WINDOW_S).map((s): SpanStat => s.row),
        changes: [],
        normal,
      },
    };
  });
}

const withoutLines = (c: TrainTicketCase): TrainTicketCase => ({
  ...c,
  bundle: { ...c.bundle, logs: [], normal: { ...c.bundle.normal, logs: [] } },
});

export async function trainticket(data: string): Promise<Line[]> {
  const cases = await trainTicketCases(data);
  const scored = scoreCases(cases, byAnalysis);
  const shifted = scoreCases(cases, byLargestShift);
  const types = [...new Set(cases.map((c) => c.type))];
  const unseen = scored.verdicts.filter((v) => v === "no_fault").length;
  return [
    atLeast(`faults (${cases.length}): cause first (AS@1)`, scored.within(1), 0.75),
    atLeast("cause among the first three (AS@3)", scored.within(3), 0.88),
    ...types.map((type) => {
      const of = (_: number, i: number) => cases[i]!.type === type;
      return reported(`${type} (${cases.filter((c) => c.type === type).length}): AS@1, AS@3`, scored.both(of));
    }),
    reported("without lines: AS@1, AS@3", scoreCases(cases.map(withoutLines), byAnalysis).both()),
    reported("largest shift of any metric: AS@1, AS@3", shifted.both()),
    reported("faults classified as normal", percent(unseen / cases.length)),
    reported("confidence in the first cause, when right and when wrong", scored.confidence()),
    fast(scored.slowest),
  ];
}
