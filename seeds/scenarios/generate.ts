import { createRng } from "../fleet/rng";
import type { Truth } from "@/lib/core/scoring/truth";
import { type Line, writeLines } from "./logs";
import { createMeter } from "./measure";
import type { Plot } from "./plots";
import { arriving, type Conditions, simulate } from "./simulate";

/** An hour and a half of the same time a day before, when all was well. */
const NORMAL_MIN = 90;
const DAY_S = 86_400;
/** Yesterday was a little quieter. */
const YESTERDAY = 0.93;

/** How the recording goes on after its alert: so finely, and for so long; what is played longer repeats its second half. */
const AFTER = { stepS: 2, minutes: 2 };
/** Shares of failed requests are taken over so many seconds, as a monitoring system's rates are. */
const RATE_WINDOW_S = 20;

/** Everything in a scenario's three files. Times are seconds from the alert; `values` are `step` apart and end at `end`. */
export function generate(plot: Plot) {
  const rng = createRng(plot.seed);
  const window = seen(plot, true, record(plot, rng.fork("window"), { minutes: plot.windowMin, end: 0, level: 1 }));
  const normal = seen(plot, false, record(plot, rng.fork("normal"), { minutes: NORMAL_MIN, end: -DAY_S, level: YESTERDAY })); // prettier-ignore
  const { alert } = plot;
  const evidence = {
    id: plot.id,
    title: plot.title,
    target: { node: alert.node, metric: alert.metric, direction: alert.direction },
    above: alert.above,
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
  const { truth: said, ...answer } = plot.answer;
  const onset = said?.healthy ? null : -plot.lateMin * 60;
  return {
    evidence,
    answer: { id: plot.id, onset, ...answer, truth: { ...truthOf(plot), ...said } },
    after: continuation(plot),
  };
}

/** What is true where one node is the cause and the operations that work are the remedy. */
function truthOf({ answer: { node, kinds }, remedies }: Plot): Omit<Truth, "onsetAt"> {
  const works = remedies.flatMap(({ works, operation, service }) => (works ? [{ action: operation, target: service }] : [])); // prettier-ignore
  return {
    healthy: false,
    severity: null,
    causes: { right: [{ node, kinds: [...kinds] }], acceptable: [], forbidden: [] },
    remedies: { right: works, acceptable: [{ action: "restart", target: node }], forbidden: [] },
    words: { required: [[node]], forbidden: ["fixed"] },
  };
}

/** What a monitoring system has of it: nothing of the nodes that it does not see. */
function seen<T extends ReturnType<typeof record>>({ unseen }: Plot, inWindow: boolean, all: T): T {
  if (unseen === undefined || !(inWindow || unseen.always)) return all;
  const hidden = new Set(unseen.nodes);
  return {
    ...all,
    metrics: all.metrics.filter(({ node }) => !hidden.has(node)),
    logs: unseen.logs ? all.logs.filter(([, node]) => !hidden.has(node)) : all.logs,
  };
}

/** What is measured of the alerted service and of the cause after the alert: while nothing is done, and after each operation. */
function continuation(plot: Plot) {
  const nodes = new Set([plot.alert.node, plot.answer.node]);
  const goesOn = (name: string, conditions: (seconds: number) => Conditions) => {
    const rng = createRng(plot.seed).fork(`after ${name}`);
    const meter = createMeter(rng.fork("meter"), RATE_WINDOW_S);
    const arrivals = rng.fork("arrivals");
    for (let t = 0; t < AFTER.minutes * 60; t += AFTER.stepS) {
      const load = arriving(plot.system, plot.hour * 3600 + t, 1, arrivals);
      const now = conditions(t);
      meter.slice(simulate(plot.system, load, now), (node) => now[node]?.cpu ?? 0, () => 0.4); // prettier-ignore
    }
    return meter.columns().filter(({ node }) => nodes.has(node));
  };
  return {
    id: plot.id,
    step: AFTER.stepS,
    untouched: goesOn("nothing", (seconds) => plot.conditions(plot.lateMin + seconds / 60)),
    operations: plot.remedies.map(({ operation, service, given, works, conditions }) => ({
      operation,
      service,
      ...(given && { given }),
      works,
      metrics: goesOn(`${operation} ${service}`, conditions),
    })),
  };
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

/** How a recording goes on, one series on each line. */
export function writeAfter({ id, step, untouched, operations }: ReturnType<typeof generate>["after"]): string {
  const lines = (items: readonly unknown[], indent: string) =>
    items.map((item) => `${indent}${JSON.stringify(item)}`).join(",\n");
  const played = operations
    .map(({ metrics, ...of }) => `    {${JSON.stringify(of).slice(1, -1)},"metrics":[\n${lines(metrics, "      ")}\n    ]}`)
    .join(",\n"); // prettier-ignore
  return `{\n  "id": ${JSON.stringify(id)},\n  "step": ${step},\n  "untouched": [\n${lines(untouched, "    ")}\n  ],\n  "operations": [\n${played}\n  ]\n}\n`;
}
