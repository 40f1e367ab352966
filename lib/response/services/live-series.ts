import type { Series } from "@/lib/core/evidence/bundle";
import { listServicesAmong } from "@/lib/db/queries/services";
import { listIncidentSignals, listSignals, type Signal } from "@/lib/db/queries/signals";
import { metricsIn } from "@/lib/evidence/alert-query";
import { couldNotLook, found, type Looked, unreadOf } from "@/lib/evidence/looked";
import { seriesReader, type SeriesReader } from "@/lib/evidence/traces";
import { seriesByVersion } from "@/lib/evidence/versions";
import type { ServiceContext } from "./context";

/** The signals of services, and what raised the incident, from the source of metrics. */
export async function liveSeries(
  ctx: ServiceContext,
  incidentId: string,
  { nodes, metric, from, to }: { nodes: string[]; metric?: string; from: number; to: number },
  signal: AbortSignal,
): Promise<Looked<Series[]>> {
  const { db, config, now } = ctx;
  const [rows, raised] = await Promise.all([listSignals(db, nodes), listIncidentSignals(db, incidentId)]);
  const known = new Set(rows.flatMap(({ query }) => metricsIn(query)));
  const asked = [
    ...rows.map((row) => ({ ...row, usual: usualOf(row) })),
    // What our own signals read already would be counted twice; an alert's name is a team's own word, its metric says what it is.
    ...raised
      .filter(({ query, serviceId }) => nodes.includes(serviceId) && !metricsIn(query).every((name) => known.has(name)))
      .map((row) => ({ ...row, name: metricsIn(row.query)[0] ?? row.name, usual: null })),
  ].filter(({ name }) => metric === undefined || name === metric);
  const source = seriesReader(db, ctx.prometheus, asked, now);
  if (source === null) return couldNotLook("metrics", "no Prometheus is configured");
  const minStep = Math.max(1, Math.round(config.watchMs / 1_000));
  // Beyond now a source repeats what it saw last.
  const end = Math.min(to, now / 1_000);
  const looks = await Promise.all(
    asked.map(async (one) => ({
      one,
      looked: await closely(source, one.query, { from, to: end, minStep }, signal),
    })),
  );
  const versions = metric === undefined ? await versionsOf(ctx, nodes, { from, to: end, minStep }, signal) : null;
  const series = looks.flatMap(({ one, looked }): Series[] => {
    const whole = looked.ok ? looked.value : [];
    const points = OVER_WINDOW.test(one.query) ? grown(whole, from, config.rateWindow) : whole;
    return points.length === 0
      ? []
      : [
          {
            node: one.serviceId,
            metric: one.name,
            ...(one.unit ? { unit: one.unit } : {}),
            points,
            ...(one.usual ? { usual: one.usual } : {}),
          },
        ];
  });
  const unread = looks.flatMap(({ one, looked }) =>
    unreadOf([looked]).map(({ source, reason }) => ({ source, reason: `${one.serviceId} ${one.name}: ${reason}` })),
  );
  if (looks.length > 0 && looks.every(({ looked }) => !looked.ok))
    return couldNotLook(source.source, summarized(looks.map(({ looked }) => looked)));
  return found(
    source.source,
    [...series, ...(versions?.ok ? versions.value : [])],
    [...looks.map(({ looked }) => looked), versions].some((looked) => looked?.ok && looked.truncated),
    [...unread, ...unreadOf([versions]).map(({ source, reason }) => ({ source, reason: `versions: ${reason}` }))],
  );
}

/** What the watch holds to be usual of a signal: its band, as far as limits allow it. */
function usualOf({ expected, lower, upper }: Signal): [low: number, high: number] | null {
  return expected && [Math.max(expected.low, lower ?? -Infinity), Math.min(expected.high, upper ?? Infinity)];
}

/** The same services' series by version; null where metrics name none of them. */
async function versionsOf(
  { db, prometheus, config }: ServiceContext,
  nodes: readonly string[],
  range: { from: number; to: number; minStep: number },
  signal: AbortSignal,
): Promise<Looked<Series[]> | null> {
  const services = (await listServicesAmong(db, nodes)).flatMap(({ id, labelKey, labels }) =>
    labelKey === null
      ? []
      : [{ id, labelKey, labels, metrics: { ...config.signals.metrics, ...config.overrides.get(id)?.metrics } }],
  );
  if (prometheus === null || services.length === 0) return null;
  const looked = await seriesByVersion(prometheus, services, { ...range, rateWindow: config.rateWindow }, signal);
  if (!looked.ok) return looked;
  const full = looked.value.map((one) => ({ ...one, points: grown(one.points, range.from, config.rateWindow) }));
  return { ...looked, value: full.filter(({ points }) => points.length > 0) };
}

/** The different reasons of looks that all failed, each once. */
const summarized = (looks: readonly Looked<unknown>[]): string =>
  [...new Set(unreadOf(looks).map(({ reason }) => reason))].join("; ");

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** A range selector: what is asked for is taken over a window. */
const OVER_WINDOW = /\[\w+\]/;

/** Without the beginning of a rate that began within the window: over a window that is not full yet it only climbs. */
function grown(points: [number, number][], from: number, rateWindow: string): [number, number][] {
  const window = Number.parseInt(rateWindow, 10) * (SECONDS[rateWindow.at(-1)!] ?? 1);
  const first = points[0]?.[0] ?? from;
  return first - from <= window ? points : points.filter(([t]) => t - first >= window);
}

/** The end of a window, in seconds, that is read as finely as it was measured: there the trouble is. */
const CLOSE_S = 15 * 60;

/** A range, its end in finer steps than its whole length allows. */
async function closely(
  prometheus: SeriesReader,
  query: string,
  { from, to, minStep }: { from: number; to: number; minStep: number },
  signal: AbortSignal,
): Promise<Looked<[number, number][]>> {
  const fine = Math.max(from, to - CLOSE_S);
  const [wide, close] = await Promise.all([
    fine > from ? prometheus.range(query, { from, to: fine, minStep }, signal) : null,
    prometheus.range(query, { from: fine, to, minStep }, signal),
  ]);
  if (wide !== null && !wide.ok) return wide;
  if (!close.ok) return close;
  const before = (wide?.value[0]?.points ?? []).filter(([t]) => t < fine);
  return found(
    close.source,
    [...before, ...(close.value[0]?.points ?? [])],
    (wide?.truncated ?? false) || close.truncated,
    unreadOf([wide, close]),
  );
}
