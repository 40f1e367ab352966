import { VERSION_LABELS } from "@/lib/core/causes/version-compare";
import type { Series } from "@/lib/core/evidence/bundle";
import { type MetricNames, signalSpecs } from "@/lib/core/services/signals";
import { couldNotLook, found, type Looked, unreadOf, unreadText } from "./looked";
import type { Prometheus, Range, RangeSeries } from "./prometheus";
import { selector } from "./promql";

/** A service as its metrics name it. */
export interface VersionedService {
  id: string;
  /** The label that names it, and all labels that choose it. */
  labelKey: string;
  labels: Record<string, string>;
  metrics: MetricNames;
}

/** A pod's name ends in the hash of its ReplicaSet, which is as good as a label. */
const POD = "pod";
/** `api-6d4b75cb6d-x2x7z`: Kubernetes takes these letters for what it makes up. */
const POD_NAME = /-([bcdf-hj-np-tv-z2456789]{5,10})-[bcdf-hj-np-tv-z2456789]{5}$/;
/** What does not depend on how much traffic a version gets, and so can be compared. */
const COMPARED = new Set(["latency_p90", "errors"]);
/** Versions that a series is read for; a label with more values is no version. */
const MAX_VERSIONS = 20;

/**
 * Latency and failures of services by version, for those that more than one version ran of within the window: one question a kind of label
 * tells which, and two more are asked for each of those. Metrics are named as version-compare.ts reads them, `errors{version="2"}`.
 */
export async function seriesByVersion(
  prometheus: Prometheus,
  services: readonly VersionedService[],
  { rateWindow, ...range }: Range & { rateWindow: string },
  signal: AbortSignal,
): Promise<Looked<Series[]>> {
  const keys = [...new Set(services.map(({ labelKey }) => labelKey))];
  const looks = await Promise.all(
    keys.map(async (key) => {
      const own = services.filter(({ labelKey }) => labelKey === key);
      const seen = await prometheus.instant(versionsQuery(key, own, range), range.to, signal);
      if (!seen.ok) return [seen];
      const labels = seen.value.map((sample) => sample.labels);
      return Promise.all(
        own.flatMap((service) => {
          const label = versionLabel(labels.filter((one) => one[key] === service.labels[key]));
          return label === null ? [] : seriesOf(prometheus, service, label, { ...range, rateWindow }, signal);
        }),
      );
    }),
  );
  const all = looks.flat();
  const unread = unreadOf(all);
  if (all.length > 0 && all.every((look) => !look.ok)) return couldNotLook(prometheus.source, unreadText(unread));
  const series = all.flatMap((look) => (look.ok ? (look.value as Series[]) : []));
  return found(
    prometheus.source,
    series,
    all.some((look) => look.ok && look.truncated),
    unread,
  );
}

/** Which versions were seen of each service: of those that are gone too, so over the whole window. */
function versionsQuery(key: string, services: readonly VersionedService[], { from, to }: Range): string {
  const names = [
    ...new Set(
      services.flatMap(({ metrics }) => [metrics.requests, `${metrics.latency.replace(/_bucket$/, "")}_count`]),
    ),
  ];
  const labels = [key, ...VERSION_LABELS, POD].join(", ");
  const metrics = `{__name__=~"${names.join("|")}",${key}!=""}`;
  return `group by (${labels}) (last_over_time(${metrics}[${Math.max(1, Math.ceil(to - from))}s]))`;
}

/** The plainest label with more than one version; null: one version ran, or none is told. */
function versionLabel(labels: readonly Record<string, string>[]): string | null {
  const versions = (label: string) =>
    new Set(labels.map((one) => versionOf(label, one[label] ?? "")).filter((version) => version !== null)).size;
  return [...VERSION_LABELS, POD].find((label) => versions(label) > 1 && versions(label) <= MAX_VERSIONS) ?? null;
}

/** Null where a value names no version. */
const versionOf = (label: string, value: string): string | null =>
  label === POD ? (POD_NAME.exec(value)?.[1] ?? null) : /^[^"\\]{1,100}$/.test(value) ? value : null;

function seriesOf(
  prometheus: Prometheus,
  { id, labelKey, labels, metrics }: VersionedService,
  label: string,
  { rateWindow, ...range }: Range & { rateWindow: string },
  signal: AbortSignal,
): Promise<Looked<Series[]>>[] {
  const none = { cpu: null, latency_p90: null, errors: null, requests: null, memory: null };
  const match = selector(labels).slice(1, -1);
  const name = label === POD ? "pod_template_hash" : label;
  return signalSpecs(metrics, none)
    .filter((spec) => COMPARED.has(spec.name))
    .map(async (spec) => {
      const looked = await prometheus.range(spec.query(`${labelKey}, ${label}`, match, rateWindow), range, signal);
      if (!looked.ok) return looked;
      const byVersion = new Map<string, RangeSeries[]>();
      for (const series of looked.value) {
        const version = versionOf(label, series.labels[label] ?? "");
        if (version !== null) byVersion.set(version, [...(byVersion.get(version) ?? []), series]);
      }
      const series = [...byVersion].map(([version, list]): Series => ({
        node: id,
        metric: `${spec.name}{${name}="${version}"}`,
        unit: spec.unit,
        points: meanOf(list),
      }));
      return found(looked.source, series, looked.truncated, looked.missing);
    });
}

/** Pods of one version as one series: the mean at each moment. */
function meanOf(list: readonly RangeSeries[]): Series["points"] {
  const sums = new Map<number, { sum: number; n: number }>();
  for (const [t, value] of list.flatMap(({ points }) => points)) {
    const { sum, n } = sums.get(t) ?? { sum: 0, n: 0 };
    sums.set(t, { sum: sum + value, n: n + 1 });
  }
  return [...sums].toSorted(([a], [b]) => a - b).map(([t, { sum, n }]) => [t, sum / n]);
}
