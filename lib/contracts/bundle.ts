import { z } from "zod";
import type { Bundle, Series } from "@/lib/core/evidence/bundle";

/** Limits of a bundle: what one analysis reads in a second or so; larger files are cut by whoever writes them. */
const NODES_MAX = 5_000;
const EDGES_MAX = 20_000;
const SERIES_MAX = 20_000;
const POINTS_MAX = 20_000;
const VALUES_MAX = 3_000_000;
const LOGS_MAX = 200_000;
const SPANS_MAX = 200_000;
const CHANGES_MAX = 10_000;
const NAME_MAX = 300;
const LINE_MAX = 32_000;
const FILES_MAX = 1_000;
/** Characters: more of a diff the analysis does not read. */
const DIFF_MAX = 100_000;

const name = z.string().min(1).max(NAME_MAX);
/** Epoch seconds. Milliseconds are refused, not guessed at: the year 5138 is as far as seconds go. */
const seconds = z.number().nonnegative().max(1e11, "is not in epoch seconds");
/** Null where JSON has no value for what was not measured: such a point is dropped. */
const value = z.number().nullable();
const amount = z.number().nonnegative();
const node = z.union([
  name.transform((id) => ({ id })),
  z.object({ id: name, kind: z.string().max(NAME_MAX).nullish() }),
]);

const series = z.object({
  node: name,
  metric: name,
  unit: z.string().max(60).nullish(),
  points: z.array(z.tuple([seconds, value])).max(POINTS_MAX),
});
const log = z.object({ t: seconds, node: name, line: z.string().max(LINE_MAX) });
const span = z.object({
  t: seconds,
  node: name,
  /** Absent, null or empty: a root. */
  parent: z.string().max(NAME_MAX).nullish(),
  operation: z.string().max(NAME_MAX).nullish(),
  n: amount.nullish(),
  p50_us: amount.nullish(),
  p95_us: amount.nullish(),
  /** Clocks of two machines differ, so a gap may be below 0. */
  gap_p50_us: z.number().nullish(),
  gap_p95_us: z.number().nullish(),
});
const change = z.object({
  t: seconds,
  node: name,
  kind: z.string().min(1).max(60),
  summary: z.string().max(LINE_MAX),
  from: z.string().max(LINE_MAX).optional(),
  to: z.string().max(LINE_MAX).optional(),
  files: z.array(z.string().min(1).max(NAME_MAX)).max(FILES_MAX).optional(),
  diff: z.string().max(DIFF_MAX).optional(),
  survived: z.boolean().optional(),
});

const evidence = {
  metrics: z.array(series).max(SERIES_MAX),
  logs: z.array(log).max(LOGS_MAX),
  spans: z.array(span).max(SPANS_MAX),
};

/** An incident bundle as it stands in a file. Only `target` is required; what is missing is unknown, not healthy. */
export const BundleBody = z
  .object({
    target: z.object({
      node: name,
      metric: name.nullish(),
      direction: z.enum(["up", "down"]).nullish(),
      at: seconds,
    }),
    nodes: z.array(node).max(NODES_MAX).default([]),
    edges: z
      .array(z.tuple([name, name]))
      .max(EDGES_MAX)
      .default([]),
    metrics: evidence.metrics.default([]),
    logs: evidence.logs.default([]),
    spans: evidence.spans.default([]),
    changes: z.array(change).max(CHANGES_MAX).default([]),
    normal: z
      .object({
        metrics: evidence.metrics.default([]),
        logs: evidence.logs.default([]),
        spans: evidence.spans.default([]),
      })
      .default({ metrics: [], logs: [], spans: [] }),
  })
  .superRefine((body, context) => {
    const values = [...body.metrics, ...body.normal.metrics].reduce((sum, s) => sum + s.points.length, 0);
    if (values > VALUES_MAX)
      context.addIssue({ code: "custom", path: ["metrics"], message: `more than ${VALUES_MAX} points` });
  })
  .meta({ id: "Bundle" });
export type BundleBody = z.input<typeof BundleBody>;

/** A bundle, or what is wrong with it and where: `metrics[3].points[0][1]: …`. */
export type ParsedBundle = { ok: true; bundle: Bundle } | { ok: false; error: string };

/** Reads untrusted JSON as a bundle: points in order of time, unmeasured values dropped, a root span without a parent. */
export function parseBundle(json: unknown): ParsedBundle {
  const parsed = BundleBody.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    return { ok: false, error: `${fieldOf(issue.path) || "bundle"}: ${issue.message}` };
  }
  const { target, nodes, edges, metrics, logs, spans, changes, normal } = parsed.data;
  return {
    ok: true,
    bundle: {
      target: {
        node: target.node,
        at: target.at,
        ...(target.metric == null ? {} : { metric: target.metric }),
        ...(target.direction == null ? {} : { direction: target.direction }),
      },
      nodes: nodes.map(({ id, ...rest }) => ("kind" in rest && rest.kind != null ? { id, kind: rest.kind } : { id })),
      edges,
      metrics: metrics.map(seriesOf),
      logs,
      spans: spans.map(spanOf),
      changes,
      normal: { metrics: normal.metrics.map(seriesOf), logs: normal.logs, spans: normal.spans.map(spanOf) },
    },
  };
}

/** Where in a file, as a person would look for it: `metrics[3].points`. */
export function fieldOf(path: readonly PropertyKey[]): string {
  const text = path.map((p) => (typeof p === "number" ? `[${p}]` : `.${String(p)}`)).join("");
  return text.replace(/^\./, "");
}

function seriesOf({ node: of, metric, unit, points }: z.infer<typeof series>): Series {
  const measured = points.filter((p): p is [number, number] => p[1] !== null);
  measured.sort((a, b) => a[0] - b[0]);
  return { node: of, metric, ...(unit == null ? {} : { unit }), points: measured };
}

function spanOf(s: z.infer<typeof span>): Bundle["spans"][number] {
  return {
    t: s.t,
    node: s.node,
    ...(s.parent == null || s.parent === "" ? {} : { parent: s.parent }),
    ...(s.operation == null ? {} : { operation: s.operation }),
    ...(s.n == null ? {} : { n: s.n }),
    ...(s.p50_us == null ? {} : { p50_us: s.p50_us }),
    ...(s.p95_us == null ? {} : { p95_us: s.p95_us }),
    ...(s.gap_p50_us == null ? {} : { gap_p50_us: s.gap_p50_us }),
    ...(s.gap_p95_us == null ? {} : { gap_p95_us: s.gap_p95_us }),
  };
}
