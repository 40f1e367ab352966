import { type Alert, isGraver } from "@/lib/core/alert";
import type { DetectorState } from "@/lib/core/detect";
import { lookAt, type SignalNow } from "@/lib/core/signal-watch";
import { DEFAULT_SIGNALS, formatSignal } from "@/lib/core/signals";
import type { ServiceState } from "@/lib/core/vocabulary";
import { type Db, type Statement, write } from "@/lib/db/client";
import { commit, type StreamEvent } from "@/lib/db/commit";
import { listFiringOf } from "@/lib/db/queries/alerts";
import { grouped } from "@/lib/db/queries/grouped";
import {
  addCalls,
  enterWatched,
  listServices,
  listSignals,
  moveService,
  saveBaselines,
  saveSignals,
  sawServices,
  type Service,
} from "@/lib/db/queries/services";
import { loadSettings } from "@/lib/db/queries/settings";
import { discoverServices } from "@/lib/evidence/discovery";
import type { Prometheus } from "@/lib/evidence/prometheus";
import { selector } from "@/lib/evidence/promql";
import { serviceEdges } from "@/lib/evidence/topology";
import { log } from "@/lib/log";
import type { ServiceConfig } from "./config";
import { receiveAlerts } from "./receive";

/** The source of what Sentinel notices by itself. */
export const OWN_SOURCE = "sentinel";
/** Services and edges are looked for anew so often, in ms: they come and go with deploys, not with requests. */
const DISCOVER_MS = 30_000;
/** Edges are drawn from calls of so long, in seconds. */
const EDGE_WINDOW_S = 600;
/** A limit must be crossed for so many looks in a row: one scrape can be unlucky. */
const LOOKS = 2;

/** What this process remembers between two looks. */
export interface WatchMemory {
  discoveredAt: number;
  /** Since when the source could not be read; null while it can. */
  blindSince: number | null;
}
export const freshWatch = (): WatchMemory => ({ discoveredAt: 0, blindSince: null });

interface WatchContext {
  db: Db;
  prometheus: Prometheus;
  config: ServiceConfig;
  memory: WatchMemory;
  now: number;
}

/**
 * One look at every service: discovers them, measures their signals, judges them by limits and baselines, and reports what
 * begins and ends to fire through the same door as anybody's alerts. No data is `unknown`, and after a while an alert
 * of its own kind. A source that cannot be read says nothing about any service, and becomes one alert about itself.
 */
export async function watchServices(ctx: WatchContext): Promise<{ services: number; alerts: number }> {
  const { db, now, memory } = ctx;
  if (now - memory.discoveredAt >= DISCOVER_MS) await discover(ctx);
  const services = (await listServices(db)).filter(({ labelKey }) => labelKey !== null);
  const measured = await measure(ctx, services);
  const alerts: Alert[] = [blindness(ctx, measured === null)].filter((alert) => alert !== null);
  if (measured !== null) alerts.push(...(await judge(ctx, services, measured)));
  const news = await onlyNews(db, alerts);
  if (news.length > 0) await receiveAlerts(db, OWN_SOURCE, news, now);
  return { services: services.length, alerts: news.length };
}

async function discover({ db, prometheus, now, memory }: WatchContext): Promise<void> {
  const [found, edges] = await Promise.all([
    discoverServices(prometheus, { at: now / 1_000 }),
    serviceEdges(prometheus, { at: now / 1_000, windowS: EDGE_WINDOW_S }),
  ]);
  if (!found.ok) return;
  const statements = found.value.length > 0 ? [enterWatched(found.value, now)] : [];
  if (edges.ok && edges.value.length > 0) statements.push(...addCalls(edges.value, now));
  if (statements.length > 0) await write(db, statements);
  memory.discoveredAt = now;
}

/** Every signal of every service, by service; null when the source could not be read. */
async function measure(
  { prometheus, config, now }: WatchContext,
  services: readonly Service[],
): Promise<Map<string, Record<string, number>> | null> {
  const keys = [...new Set(services.map(({ labelKey }) => labelKey!))];
  // Even where no service is known the source is asked, so that its loss is noticed.
  if (keys.length === 0) return (await prometheus.instant("vector(1)", now / 1_000)).ok ? new Map() : null;
  const readings = new Map<string, Record<string, number>>();
  const looks = await Promise.all(
    keys.flatMap((key) =>
      DEFAULT_SIGNALS.map(async (spec) => {
        const query = spec.query(key, `${key}!=""`, config.rateWindow);
        const looked = await prometheus.instant(query, now / 1_000);
        if (!looked.ok) return looked;
        for (const { labels, value } of looked.value) {
          const name = labels[key];
          if (!name) continue;
          const of = readings.get(name) ?? {};
          of[spec.name] = value;
          readings.set(name, of);
        }
        return looked;
      }),
    ),
  );
  const failed = looks.find((look) => !look.ok);
  if (!failed || failed.ok) return readings;
  log().warn({ source: failed.source, reason: failed.reason }, "could not look at the services");
  return null;
}

async function judge(
  { db, config, now }: WatchContext,
  services: readonly Service[],
  measured: ReadonlyMap<string, Record<string, number>>,
): Promise<Alert[]> {
  const [rows, firing, fleet] = await Promise.all([listSignals(db), listFiringOf(db), loadSettings(db)]);
  const settings = { arl: fleet.arl, promptChangeMayQuarantine: false };
  const rowsOf = grouped(rows, (row) => row.serviceId);
  const alerts: Alert[] = [];
  const statements: Statement[] = [];
  const moved: StreamEvent[] = [];
  const looked: Parameters<typeof saveSignals>[0][number][] = [];
  const learned: [string, DetectorState][] = [];
  const seen: string[] = [];
  for (const service of services) {
    const readings = measured.get(service.id) ?? {};
    const before = new Map((rowsOf.get(service.id) ?? []).map((row) => [row.name, row]));
    const learn = service.incidentId === null;
    const { state, signals } = lookAt(service.baseline, before, readings, { now, learn, settings });
    for (const signal of signals) {
      const spec = DEFAULT_SIGNALS.find(({ name }) => name === signal.name)!;
      const was = before.get(signal.name);
      if (signal.value === null && was === undefined) continue;
      const match = selector(service.labels).slice(1, -1);
      const query = spec.query(service.labelKey!, match, config.rateWindow);
      looked.push({ serviceId: service.id, signal, query, spec });
      const alert = alertOf(service, signal, config, now);
      if (alert) alerts.push(alert);
    }
    if (learn) learned.push([service.id, state]);
    const next = stateOf(
      signals,
      firing.has(service.id) || alerts.some((a) => a.service === service.id && a.status === "firing"),
    );
    if (next !== service.state) {
      statements.push(moveService(service.id, next, now));
      moved.push({
        at: now,
        type: "service.moved",
        serviceId: service.id,
        incidentId: service.incidentId,
        text: `${service.id} is ${next}, was ${service.state}`,
        data: { from: service.state, to: next },
      });
    }
    if (Object.keys(readings).length > 0) seen.push(service.id);
    alerts.push(silence(service, Object.keys(readings).length === 0, config, now));
  }
  if (looked.length > 0) statements.push(saveSignals(looked, now));
  if (learned.length > 0) statements.push(saveBaselines(learned));
  if (seen.length > 0) statements.push(sawServices(seen, now));
  if (statements.length > 0) await commit(db, { claims: [], writes: statements, events: moved });
  return alerts;
}

/** No data is never well; unreachable is down; anything off, by measurement or by somebody's alert, is degraded. */
function stateOf(signals: readonly SignalNow[], firing: boolean): ServiceState {
  const up = signals.find(({ name }) => name === "up");
  if (up?.value === 0) return "down";
  if (signals.some(({ state }) => state === "over_limit" || state === "out_of_band") || firing) return "degraded";
  return signals.some(({ value }) => value !== null) ? "healthy" : "unknown";
}

/** The alert that a signal raises, or its end. */
function alertOf(service: Service, signal: SignalNow, config: ServiceConfig, now: number): Alert | null {
  const spec = DEFAULT_SIGNALS.find(({ name }) => name === signal.name)!;
  const over = signal.state === "over_limit" && now - signal.since >= (LOOKS - 1) * config.watchMs;
  const off = signal.state === "out_of_band";
  // Between two looks nothing has ended yet.
  if (signal.state === "over_limit" && !over) return null;
  if (signal.state === "unknown") return null;
  const limit = spec.upper ?? spec.lower;
  const summary =
    signal.name === "up"
      ? `${service.id} cannot be reached`
      : over
        ? `${spec.title} at ${formatSignal(signal.value!, spec.unit)}, limit ${formatSignal(limit!, spec.unit)}`
        : (signal.news ?? `${spec.title} out of its usual band`);
  return own(service.id, signal.name, over || off ? "firing" : "resolved", {
    name:
      signal.name === "up" ? "not reachable" : over ? `${signal.name} over its limit` : `${signal.name} out of band`,
    severity: signal.name === "up" || (over && signal.name === "errors") ? "critical" : "warning",
    startsAt: signal.since,
    summary,
    value: signal.value,
    now,
  });
}

function silence(service: Service, silent: boolean, config: ServiceConfig, now: number): Alert {
  const long = silent && now - service.lastSeenAt >= config.noDataMs;
  return own(service.id, "no_data", long ? "firing" : "resolved", {
    name: "no data",
    severity: "warning",
    startsAt: service.lastSeenAt,
    summary: `Nothing was measured of ${service.id} for ${Math.round((now - service.lastSeenAt) / 60_000)} min: its state is unknown`,
    value: null,
    now,
  });
}

/** The alert about the source itself. */
function blindness({ prometheus, config, memory, now }: WatchContext, blind: boolean): Alert | null {
  memory.blindSince = blind ? (memory.blindSince ?? now) : null;
  const long = memory.blindSince !== null && now - memory.blindSince >= config.noDataMs;
  if (blind && !long) return null;
  return own(prometheus.source, "unreadable", long ? "firing" : "resolved", {
    name: "metrics cannot be read",
    severity: "critical",
    startsAt: memory.blindSince ?? now,
    summary: `${prometheus.source} could not be read for ${Math.round((now - (memory.blindSince ?? now)) / 60_000)} min: the state of services is unknown`,
    value: null,
    now,
  });
}

function own(
  service: string,
  signal: string,
  status: Alert["status"],
  of: Pick<Alert, "name" | "severity" | "startsAt" | "summary" | "value"> & { now: number },
): Alert {
  const { now, ...rest } = of;
  return {
    ...rest,
    source: "sentinel",
    service,
    fingerprint: `${service}/${signal}`,
    status,
    startGiven: true,
    endsAt: status === "firing" ? null : now,
    labels: { service, signal },
    annotations: {},
    generatorUrl: null,
  };
}

/** Of what is well already nothing is told; what fires goes on firing without being counted at every look. */
async function onlyNews(db: Db, alerts: readonly Alert[]): Promise<Alert[]> {
  const firing = await listFiringOf(db, OWN_SOURCE);
  const open = new Map([...firing.values()].flat().map((row) => [row.fingerprint, row]));
  return alerts.flatMap((alert) => {
    const known = open.get(alert.fingerprint);
    // It goes on, and has got worse: the same occurrence, told anew.
    if (known && alert.status === "firing" && isGraver(alert.severity, known.severity))
      return [{ ...alert, startsAt: known.startsAt }];
    if ((alert.status === "firing") === (known !== undefined)) return [];
    return [alert.status === "firing" ? alert : { ...alert, startsAt: firingSince(firing, alert) ?? alert.startsAt }];
  });
}

function firingSince(
  firing: ReadonlyMap<string, { fingerprint: string; startsAt: number }[]>,
  alert: Alert,
): number | null {
  return firing.get(alert.service)?.find(({ fingerprint }) => fingerprint === alert.fingerprint)?.startsAt ?? null;
}
