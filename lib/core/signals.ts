/**
 * What is measured of every service unless its configuration says otherwise: rate, errors and duration (Wilkie's RED
 * method) and saturation (Google SRE's fourth golden signal), over the metric names that Prometheus client libraries
 * have by default. Limits are coarse on purpose: what is unusual for one service its baseline knows better.
 */
export interface SignalSpec {
  name: string;
  title: string;
  unit: "cores" | "seconds" | "per_second" | "ratio" | "bytes" | "up";
  /**
   * PromQL, one series a service, told apart by the label `key`. `match`: matchers that choose services, such as
   * `job="api"`, or `job!=""` for all at once. `window` is a PromQL duration.
   */
  query(key: string, match: string, window: string): string;
  /** Beyond it something is wrong, whatever is usual. */
  upper?: number;
  lower?: number;
  /** Which way is bad; `both` also where a fall means that work has gone. */
  bad: "up" | "down" | "both";
}

/** Half a core busy, sustained: the limit of the small services that this started from. */
const CPU_CORES = 0.5;
/** A tenth of the requests slower than this, in seconds. */
const LATENCY_P90_S = 2;
/** One request in twenty fails. */
const ERROR_RATIO = 0.05;

export const DEFAULT_SIGNALS: readonly SignalSpec[] = [
  {
    name: "up",
    title: "Reachable",
    unit: "up",
    query: (key, match) => `min by (${key}) (up{${match}})`,
    lower: 1,
    bad: "down",
  },
  {
    name: "cpu",
    title: "CPU",
    unit: "cores",
    query: (key, match, window) => `sum by (${key}) (rate(process_cpu_seconds_total{${match}}[${window}]))`,
    upper: CPU_CORES,
    bad: "up",
  },
  {
    name: "latency_p90",
    title: "Latency (p90)",
    unit: "seconds",
    query: (key, match, window) =>
      `histogram_quantile(0.90, sum by (${key}, le) (rate(http_request_duration_seconds_bucket{${match}}[${window}])))`,
    upper: LATENCY_P90_S,
    bad: "up",
  },
  {
    name: "errors",
    title: "Failed requests",
    unit: "ratio",
    // Before the first failure there is no series of failed requests: that is none, where requests are counted at all.
    query: (key, match, window) =>
      `(sum by (${key}) (rate(http_requests_total{${match},status=~"5.."}[${window}])) or sum by (${key}) (rate(http_requests_total{${match}}[${window}])) * 0) / (sum by (${key}) (rate(http_requests_total{${match}}[${window}])) > 0)`,
    upper: ERROR_RATIO,
    bad: "up",
  },
  {
    name: "requests",
    title: "Requests",
    unit: "per_second",
    query: (key, match, window) => `sum by (${key}) (rate(http_requests_total{${match}}[${window}]))`,
    bad: "both",
  },
  {
    name: "memory",
    title: "Resident memory",
    unit: "bytes",
    query: (key, match) => `sum by (${key}) (process_resident_memory_bytes{${match}})`,
    bad: "up",
  },
];

export interface SignalReading {
  value: number;
  upper: number | null;
  lower: number | null;
}

/** Whether a value is beyond a fixed limit. */
export const overLimit = ({ value, upper, lower }: SignalReading): boolean =>
  (upper !== null && value > upper) || (lower !== null && value < lower);

const UNITS: Record<SignalSpec["unit"], (value: number) => string> = {
  cores: (value) => `${value.toPrecision(2)} cores`,
  seconds: (value) => (value < 1 ? `${Math.round(value * 1_000)} ms` : `${value.toPrecision(2)} s`),
  per_second: (value) => `${value.toPrecision(2)}/s`,
  ratio: (value) => `${(value * 100).toPrecision(2)} %`,
  bytes: (value) => `${Math.round(value / 1_048_576)} MiB`,
  up: (value) => (value >= 1 ? "up" : "down"),
};

/** A value for people. An unknown unit is shown as the number alone. */
export function formatSignal(value: number, unit: string | null): string {
  const format = unit === null ? undefined : UNITS[unit as SignalSpec["unit"]];
  return format ? format(value) : Number(value.toPrecision(3)).toString();
}
