import type { z } from "zod";
import { type Answer, createAsk, type Endpoint, type Ports, TIMEOUT_MS } from "./ask";
import { couldNotLook, found, type Looked, quoted, type Unread } from "./looked";
import {
  AlertsAnswer,
  MatrixAnswer,
  NamesAnswer,
  Refusal,
  RulesAnswer,
  SeriesAnswer,
  TargetsAnswer,
  VectorAnswer,
} from "./prometheus-answers";

export interface PrometheusEndpoint extends Endpoint {
  /** Series of one answer that are kept. */
  maxSeries?: number;
}

interface Envelope {
  data: unknown;
  warnings?: string[] | null;
  isPartial?: boolean | null;
}

export interface Sample {
  labels: Record<string, string>;
  /** Epoch seconds. */
  t: number;
  value: number;
}

export interface RangeSeries {
  labels: Record<string, string>;
  /** Rising times in epoch seconds. NaN, infinite and missing values have no point: they are no data, never 0. */
  points: [epochSeconds: number, value: number][];
}

export interface Range {
  /** Epoch seconds, both included. */
  from: number;
  to: number;
  /** Least distance of points, in seconds; the scrape interval is a good one. Wide windows get a larger one. */
  minStep?: number;
}

export interface Target {
  labels: Record<string, string>;
  health: "up" | "down" | "unknown";
  /** What the last scrape failed with; "" when it did not. */
  error: string;
}

export interface FiringAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: string;
  /** Epoch seconds; null when the source did not say. */
  activeAt: number | null;
}

export interface Rule {
  group: string;
  name: string;
  kind: string;
  query: string;
  forSeconds: number;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/**
 * A Prometheus, or what speaks its HTTP API (Mimir, Thanos, VictoriaMetrics), read only. Every answer may be "could not look".
 * A source that says that a part of its answer was missing is believed: what is absent may be there (`missing`).
 */
export interface Prometheus {
  source: string;
  /** The value of each series at one moment (epoch seconds; now when left out). Series without a finite value are left out. */
  instant(query: string, at?: number, signal?: AbortSignal): Promise<Looked<Sample[]>>;
  range(query: string, range: Range, signal?: AbortSignal): Promise<Looked<RangeSeries[]>>;
  labelValues(label: string, match?: string[]): Promise<Looked<string[]>>;
  /** Label sets of the series that match, seen between two moments in epoch seconds. */
  series(match: string[], from: number, to: number): Promise<Looked<Record<string, string>[]>>;
  targets(): Promise<Looked<Target[]>>;
  alerts(): Promise<Looked<FiringAlert[]>>;
  rules(): Promise<Looked<Rule[]>>;
}

/** Points of one series: enough for a chart as wide as a screen, and for an onset within half a percent of the window. */
export const MAX_POINTS = 600;
/** Series of one answer that are kept unless configured: a question that matches more is too wide to be evidence. */
const MAX_SERIES = 1_000;
/** Steps that people and caches know, in seconds. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];
const DAY = 86_400;

/**
 * Reader of one Prometheus. Make one a source and process, since its budget, its line and its pause after failures live in it.
 */
export function createPrometheus(endpoint: PrometheusEndpoint, ports: Ports): Prometheus {
  const { source, maxSeries = MAX_SERIES } = endpoint;
  const kept = <T>(values: T[]) => ({ value: values.slice(0, maxSeries), cut: values.length > maxSeries });
  const limit: [string, string] = ["limit", String(maxSeries + 1)];
  const ask = createAsk(endpoint, ports);
  /** The source gives up when we do. */
  const timeout: [string, string] = ["timeout", `${endpoint.timeoutMs ?? TIMEOUT_MS}ms`];

  async function look<S extends z.ZodType<Envelope>, T>(
    schema: S,
    path: string,
    parameters: [string, string][],
    read: (data: z.output<S>["data"]) => { value: T; cut: boolean } | string,
    signal?: AbortSignal,
  ): Promise<Looked<T>> {
    const answer = await ask(path, { query: parameters, signal });
    if (!answer.ok) return couldNotLook(source, explained(answer));
    const parsed = schema.safeParse(answer.body);
    if (!parsed.success) {
      const refusal = Refusal.safeParse(answer.body);
      return couldNotLook(
        source,
        refusal.success ? quoted(refusal.data.error) : "the answer is not a valid Prometheus API response",
      );
    }
    const outcome = read(parsed.data.data);
    if (typeof outcome === "string") return couldNotLook(source, outcome);
    return found(source, outcome.value, outcome.cut, missingIn(source, parsed.data));
  }

  return {
    source,
    instant: (query, at, signal) =>
      look(
        VectorAnswer,
        "api/v1/query",
        [["query", query], ["time", seconds(at ?? ports.now() / 1_000)], timeout, limit],
        (data) => {
          switch (data.resultType) {
            case "vector":
              return kept(
                data.result.flatMap(({ metric, value }) => {
                  const number = value ? finite(value[1]) : undefined;
                  return number === undefined || !value ? [] : [{ labels: metric, t: value[0], value: number }];
                }),
              );
            case "scalar": {
              const number = finite(data.result[1]);
              return kept(number === undefined ? [] : [{ labels: {}, t: data.result[0], value: number }]);
            }
            case "string":
            case "matrix":
              return `the query returns a ${data.resultType}, not an instant vector`;
          }
        },
        signal,
      ),
    range: async (query, range, signal) => {
      const step = stepFor(range);
      if (!(range.to >= range.from)) return couldNotLook(source, "the window ends before it begins");
      // Multiples of the step, so that the same window asked again has the same points.
      const start = Math.ceil(range.from / step) * step;
      const end = Math.floor(range.to / step) * step;
      if (start > end) return couldNotLook(source, `the window is shorter than one step of ${step} s`);
      return look(
        MatrixAnswer,
        "api/v1/query_range",
        [["query", query], ["start", seconds(start)], ["end", seconds(end)], ["step", seconds(step)], timeout, limit],
        (data) =>
          data.resultType === "matrix"
            ? kept(
                data.result
                  .map(({ metric, values }) => ({ labels: metric, points: pointsOf(values ?? []) }))
                  .filter(({ points }) => points.length > 0),
              )
            : `the query returns a ${data.resultType}, not a range vector`,
        signal,
      );
    },
    labelValues: (label, match = []) =>
      look(NamesAnswer, `api/v1/label/${encodeURIComponent(label)}/values`, matches(match), kept),
    series: (match, from, to) =>
      look(
        SeriesAnswer,
        "api/v1/series",
        [...matches(match), ["start", seconds(from)], ["end", seconds(to)], limit],
        kept,
      ),
    targets: () =>
      look(TargetsAnswer, "api/v1/targets", [["state", "active"]], ({ activeTargets }) =>
        kept(activeTargets.map(({ labels, health, lastError }) => ({ labels, health, error: lastError }))),
      ),
    alerts: () =>
      look(AlertsAnswer, "api/v1/alerts", [], ({ alerts }) =>
        kept(
          alerts.map(({ labels, annotations, state, activeAt }) => {
            const at = Date.parse(activeAt ?? "") / 1_000;
            return { labels, annotations, state, activeAt: Number.isFinite(at) ? at : null };
          }),
        ),
      ),
    rules: () =>
      look(RulesAnswer, "api/v1/rules", [], ({ groups }) =>
        kept(
          groups.flatMap((group) =>
            group.rules.map((rule) => ({
              group: group.name,
              name: rule.name,
              kind: rule.type,
              query: rule.query,
              forSeconds: rule.duration ?? 0,
              labels: rule.labels,
              annotations: rule.annotations,
            })),
          ),
        ),
      ),
  };
}

/** The step of a window, in seconds: at least `minStep`, and such that no series has more than {@link MAX_POINTS} points. */
export function stepFor({ from, to, minStep = 1 }: Range): number {
  const least = Math.max(minStep, (to - from) / (MAX_POINTS - 1));
  return STEPS.find((step) => step >= least) ?? Math.ceil(least / DAY) * DAY;
}

const matches = (match: string[]): [string, string][] => match.map((one) => ["match[]", one]);

/** Epoch seconds or a length, without an exponent and without digits that nobody measured. */
const seconds = (value: number): string => String(Math.round(value * 1_000) / 1_000);

function finite(text: string): number | undefined {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function pointsOf(values: [number, string][]): [number, number][] {
  return values.flatMap(([t, text]) => {
    const value = finite(text);
    return value === undefined ? [] : [[t, value] as [number, number]];
  });
}

/** Prometheus explains itself in JSON also when it refuses; other answers keep their own reason. */
function explained(answer: Extract<Answer, { ok: false }>): string {
  const refusal = Refusal.safeParse(answer.body);
  if (!refusal.success) return answer.reason;
  const { errorType, error } = refusal.data;
  const type = errorType === undefined ? "" : ` (${quoted(errorType).slice(1, -1)})`;
  return `answered ${answer.status}${type}: ${quoted(error)}`;
}

/** Notes on a query rather than on what was missing; Prometheus 2.4x puts them among the warnings. */
const NOTE = /^PromQL (info|warning):/;

/** What a source says of the parts of its answer that it could not give. */
function missingIn(source: string, { warnings, isPartial }: Envelope): Unread[] {
  const said = (warnings ?? []).filter((text) => !NOTE.test(text));
  if (said.length === 0 && isPartial !== true) return [];
  const why = said.length > 0 ? `: ${quoted(said.join("; "))}` : "";
  return [{ source, reason: `answered in part${why}` }];
}
