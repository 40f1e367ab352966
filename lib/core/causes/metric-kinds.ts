/** What a metric measures, as far as its free-text name and unit tell. */
export type MetricKind = "latency" | "error" | "availability" | "traffic" | "resource" | "level";

export interface MetricNature {
  kind: MetricKind;
  /** The direction that hurts; `both` when either may. */
  bad: "up" | "down" | "both";
  /** How well it stands for the whole load, best first: an average times the calls is the time lost; a tail is not. */
  rank: number;
  /** Seen by the node as a caller of others, so its callees' slowness is in it. */
  callers: boolean;
  /** A count in a slot of time, not a share or a level. */
  counted: boolean;
}

/** Words of a name: camel case, dots, dashes, underscores and digits all part them (`p99` and `5xx` stay whole). */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((w) => w.length > 0);
}

const AVAILABILITY = /^(availab\w*|success\w*|uptime|up|ready|healthy|health|apdex)$/;
const ERROR =
  /^(err|errs|error\w*|fail\w*|fault\w*|exception\w*|5xx|4xx|timeout\w*|rejected|rejections|dropped|drops|aborted|refused|restart\w*|retr(y|ies)|retrans\w*|oom\w*|deadlock\w*)$/;
const LATENCY = /^(latenc\w*|lat|duration\w*|delay\w*|response\w*|rtt|elapsed|wait\w*|lag|p\d\d+|ttfb|age)$/;
const TRAFFIC =
  /^(request\w*|req|reqs|rps|qps|tps|ops|traffic|throughput|workload|load|lod|calls?|count|hits|invocations?|messages?|transactions?|rate|iops|bytes|packets|network|receive\w*|transmit\w*|rx|tx)$/;
const RESOURCE =
  /^(cpu\w*|mem|memory\w*|heap|rss|disk\w*|storage|swap|gc|saturat\w*|util\w*|usage|pool|connections?|threads?|goroutines|queue\w*|backlog|depth|fds?|inodes?|quota|burst\w*|credits?|throttl\w*|locks?|buffers?|cache\w*|evict\w*|free\w*|replicas?)$/;
/** Of these, having less is what hurts. */
const SCARCE = /^(free\w*|avail\w*|remaining|credits?|replicas?|ready|balance|headroom|hit|hits)$/;
const TIME_UNIT = /^(ns|us|µs|ms|s|sec|secs|second|seconds|milliseconds?|microseconds?|min|minutes)$/;

/**
 * Guesses a metric's nature from the words of its name and its unit. A word of failure beats a word of time, which beats a
 * resource, which beats traffic ("request latency" is a latency, "failed requests" are errors, "network delay" is a latency).
 * A name that says nothing is a level that may hurt in either direction.
 */
export function natureOf(metric: string, unit?: string): MetricNature {
  const words = wordsOf(metric);
  const has = (pattern: RegExp) => words.some((w) => pattern.test(w));
  // "1/s", "per second", "MB/s": something in a time, not a time.
  const perTime = unit !== undefined && /\/|\bper\b/i.test(unit);
  const timed = unit !== undefined && !perTime && wordsOf(unit).some((w) => TIME_UNIT.test(w));
  const shared = /%|percent|ratio|rate/.test(`${metric} ${unit ?? ""}`.toLowerCase());
  const base = { rank: rankOf(words), callers: has(/^(client|caller|upstream|outbound|egress)$/), counted: false };
  const resource = has(RESOURCE);
  if (has(ERROR)) return { ...base, kind: "error", bad: "up", counted: !shared };
  if (has(AVAILABILITY) && !resource) return { ...base, kind: "availability", bad: "down" };
  if (
    (has(LATENCY) && !(resource && !timed && !has(/^(latenc\w*|delay\w*|duration\w*|response\w*)$/))) ||
    (timed && !resource)
  )
    return { ...base, kind: "latency", bad: "up" };
  if (resource) return { ...base, kind: "resource", bad: has(SCARCE) ? "down" : "up" };
  if (has(TRAFFIC)) return { ...base, kind: "traffic", bad: "both", counted: true };
  return { ...base, kind: "level", bad: "both" };
}

/** An average first, then the quantiles from the one nearest to it that still sees a fault of few requests. */
const STATISTICS = [
  "average",
  "avg",
  "mean",
  "p90",
  "p95",
  "p75",
  "p50",
  "median",
  "p99",
  "max",
  "maximum",
  "min",
  "minimum",
];

function rankOf(words: string[]): number {
  const named = words.flatMap((w) => {
    const bare = w.replace(/^(\d\d)$/, "p$1").replace(/^(50|75|90|95|99)th$/, "p$1");
    const at = STATISTICS.findIndex((s) => bare === s || bare.endsWith(s));
    return at < 0 ? [] : [at];
  });
  return named.length > 0 ? Math.min(...named) : 0;
}
