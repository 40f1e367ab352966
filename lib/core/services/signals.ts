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

/** What the metrics are called that signals are read from. */
export interface MetricNames {
  /** Counter of CPU seconds, one series an instance. */
  cpu: string;
  /** Histogram of request durations in seconds, without `_bucket`. */
  latency: string;
  /** Counter of requests. */
  requests: string;
  /** Its label with the HTTP status. */
  status: string;
  /** Gauge of resident bytes. */
  memory: string;
}

/** Fixed upper limits of signals; null: none. */
export type SignalLimits = Readonly<Record<LimitedSignal, number | null>>;
export const LIMITED_SIGNALS = ["cpu", "latency_p90", "errors", "requests", "memory"] as const;
type LimitedSignal = (typeof LIMITED_SIGNALS)[number];

/** A metric's or label's name, as PromQL takes it without quoting. */
export const METRIC_NAME = /^[A-Za-z_:][A-Za-z0-9_:]*$/;

/** The names that Prometheus' client libraries use. */
export const DEFAULT_METRICS = {
  cpu: "process_cpu_seconds_total",
  latency: "http_request_duration_seconds",
  requests: "http_requests_total",
  status: "status",
  memory: "process_resident_memory_bytes",
} as const satisfies MetricNames;

export const DEFAULT_LIMITS = {
  /** Half a core busy in one instance, sustained: the limit of the small services that this started from. */
  cpu: 0.5,
  /** A tenth of the requests slower than this, in seconds. */
  latency_p90: 2,
  /** One request in twenty fails. */
  errors: 0.05,
  requests: null,
  memory: null,
} as const satisfies SignalLimits;

/** The signals over these metrics with these limits. */
export function signalSpecs(metrics: MetricNames, limits: SignalLimits): readonly SignalSpec[] {
  const { cpu, requests, status, memory } = metrics;
  const buckets = `${metrics.latency.replace(/_bucket$/, "")}_bucket`;
  const specs: SignalSpec[] = [
    {
      name: "up",
      title: "Reachable",
      unit: "up",
      // The share of instances that answer: one of four that does not is no outage.
      query: (key, match) => `avg by (${key}) (up{${match}})`,
      lower: 1,
      bad: "down",
    },
    {
      name: "cpu",
      title: "CPU",
      unit: "cores",
      // Of the busiest instance: twenty that are idle use two cores together, and nothing is wrong.
      query: (key, match, window) => `max by (${key}) (rate(${cpu}{${match}}[${window}]))`,
      bad: "up",
    },
    {
      name: "latency_p90",
      title: "Latency (p90)",
      unit: "seconds",
      query: (key, match, window) =>
        `histogram_quantile(0.90, sum by (${key}, le) (rate(${buckets}{${match}}[${window}])))`,
      bad: "up",
    },
    {
      name: "errors",
      title: "Failed requests",
      unit: "ratio",
      // Before the first failure there is no series of failed requests: that is none, where requests are counted at all.
      query: (key, match, window) =>
        `(sum by (${key}) (rate(${requests}{${match},${status}=~"5.."}[${window}])) or sum by (${key}) (rate(${requests}{${match}}[${window}])) * 0) / (sum by (${key}) (rate(${requests}{${match}}[${window}])) > 0)`,
      bad: "up",
    },
    {
      name: "requests",
      title: "Requests",
      unit: "per_second",
      query: (key, match, window) => `sum by (${key}) (rate(${requests}{${match}}[${window}]))`,
      bad: "both",
    },
    {
      name: "memory",
      title: "Resident memory",
      unit: "bytes",
      query: (key, match) => `sum by (${key}) (${memory}{${match}})`,
      bad: "up",
    },
  ];
  return specs.map((spec) => {
    const upper = spec.name in limits ? limits[spec.name as LimitedSignal] : null;
    return upper === null ? spec : { ...spec, upper };
  });
}

export const DEFAULT_SIGNALS: readonly SignalSpec[] = signalSpecs(DEFAULT_METRICS, DEFAULT_LIMITS);

/** How many instances one signal stands for, as the question beside it counts them: of each, how many are scraped. */
export const instancesQuery = (key: string, match: string): string => `count by (${key}) (up{${match}})`;

/** An instance that uses this share of its container's CPU limit has no room left: beyond it the kernel throttles. */
const LIMIT_SHARE = 0.9;
/** The CPU limit of an instance in cores, for {@link SignalLimits}: nine tenths of what its container may use. */
export const cpuLimitOf = (containerCores: number): number => LIMIT_SHARE * containerCores;

export interface SignalReading {
  value: number;
  upper: number | null;
  lower: number | null;
}

/** Whether a value is beyond a fixed limit. */
export const overLimit = ({ value, upper, lower }: SignalReading): boolean =>
  (upper !== null && value > upper) || (lower !== null && value < lower);

const TITLES = new Map(DEFAULT_SIGNALS.map(({ name, title }) => [name, title]));

/** What people call a signal; one that is not among these is called by its name. */
export const signalTitle = (name: string): string => TITLES.get(name) ?? name;
