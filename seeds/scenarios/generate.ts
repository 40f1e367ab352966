import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRng } from "../fleet/rng";
import { type Line, writeLines } from "./logs";
import { createMeter } from "./measure";
import { type Plot, PLOTS } from "./plots";
import { arriving, simulate } from "./simulate";

/** An hour and a half of the same time a day before, when all was well. */
const NORMAL_MIN = 90;
const DAY_S = 86_400;
/** Yesterday was a little quieter. */
const YESTERDAY = 0.93;

/** Everything in a scenario's two files. Times are seconds from the alert; `values` are `step` apart and end at `end`. */
export function generate(plot: Plot) {
  const rng = createRng(plot.seed);
  const window = record(plot, rng.fork("window"), { minutes: plot.windowMin, end: 0, level: 1 });
  const normal = record(plot, rng.fork("normal"), { minutes: NORMAL_MIN, end: -DAY_S, level: YESTERDAY });
  const { alert } = plot;
  const evidence = {
    id: plot.id,
    title: plot.title,
    target: { node: alert.node, metric: alert.metric, direction: alert.direction },
    alert: {
      status: "firing",
      labels: { alertname: alert.name, service: alert.node, severity: alert.severity, namespace: "demo" },
      annotations: { summary: alert.summary },
    },
    nodes: plot.system.nodes.map(({ id, kind }) => ({ id, kind })),
    edges: plot.system.nodes.flatMap(({ id, calls }) => (calls ?? []).map(({ to }) => [id, to])),
    changes: plot.changes
      .map(({ before, ...change }) => ({ t: Math.round(-before * 60), ...change }))
      .toSorted((a, b) => a.t - b.t),
    ...window,
    normal,
  };
  return { evidence, answer: { id: plot.id, onset: -plot.lateMin * 60, ...plot.answer } };
}

/** Lets the system run for so long, measured every step, until `end` (seconds from the alert). */
function record(plot: Plot, rng: ReturnType<typeof createRng>, span: { minutes: number; end: number; level: number }) {
  const { system, stepS: step, noise } = plot;
  const meter = createMeter(rng.fork("meter"), step);
  const [arrivals, words] = [rng.fork("arrivals"), rng.fork("words")];
  const slices = Math.floor((span.minutes * 60) / step);
  const lines: Line[] = [];
  for (let i = slices; i > 0; i--) {
    const t = span.end - i * step;
    const minute = span.end === 0 ? (t + plot.lateMin * 60) / 60 : -1;
    const secondOfDay = (((plot.hour * 3600 + t) % DAY_S) + DAY_S) % DAY_S;
    const truths = simulate(system, arriving(system, secondOfDay, span.level, arrivals), plot.conditions(minute));
    const { cpu } = noise;
    const burst = span.end === 0 && -t / 60 <= cpu.from && -t / 60 >= cpu.to;
    // The same task runs every day, at another time.
    const usual = span.end !== 0 && i % 60 < 8;
    meter.slice(
      truths,
      (node) => (plot.conditions(minute)[node]?.cpu ?? 0) + (node === cpu.node && (burst || usual) ? cpu.share : 0),
      (node) => (node === noise.disk ? 0.88 + (0.02 * (slices - i)) / slices : 0.4),
    );
    const loud = {
      node: noise.disk,
      perMinute: 0.8,
      line: () => "kubelet: Warning EvictionThresholdMet attempting to reclaim ephemeral-storage",
    };
    lines.push(...writeLines(words, t, step, truths, [loud, ...(plot.sayings?.(minute) ?? [])]));
  }
  return {
    end: span.end - step,
    step,
    metrics: meter.columns(),
    logs: lines.toSorted((a, b) => a.t - b.t).map(({ t, node, line }) => [t, node, line] as const),
  };
}

/** One series or one line of log on each line of the file, so that a person can read it and git can compare it. */
export function write(value: ReturnType<typeof generate>["evidence"]): string {
  const list = (items: readonly unknown[], indent: string) =>
    `[\n${items.map((item) => `${indent}  ${JSON.stringify(item)}`).join(",\n")}\n${indent}]`;
  const part = (
    from: { end: number; step: number; metrics: readonly unknown[]; logs: readonly unknown[] },
    indent: string,
  ) =>
    `${indent}"end": ${from.end},\n${indent}"step": ${from.step},\n${indent}"metrics": ${list(from.metrics, indent)},\n${indent}"logs": ${list(from.logs, indent)}`;
  const { metrics: _m, logs: _l, end: _e, step: _s, normal, nodes, edges, changes, ...head } = value;
  const heads = Object.entries(head).map(([name, of]) => `  ${JSON.stringify(name)}: ${JSON.stringify(of)},\n`).join(""); // prettier-ignore
  return `{\n${heads}  "nodes": ${JSON.stringify(nodes)},\n  "edges": ${JSON.stringify(edges)},\n  "changes": ${list(changes, "  ")},\n${part(value, "  ")},\n  "normal": {\n${part(normal, "    ")}\n  }\n}\n`;
}

/** `npx tsx seeds/scenarios/generate.ts` writes every scenario, and its cause into a folder of its own. */
function main() {
  const folder = dirname(fileURLToPath(import.meta.url));
  mkdirSync(join(folder, "answers"), { recursive: true });
  for (const plot of PLOTS) {
    const { evidence, answer } = generate(plot);
    writeFileSync(join(folder, `${plot.id}.json`), write(evidence));
    writeFileSync(join(folder, "answers", `${plot.id}.json`), `${JSON.stringify(answer, null, 2)}\n`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
