import { type Alert, isMoreSevere } from "@/lib/core/alerts/alert";
import type { DetectorState } from "@/lib/core/detection/detect";
import { lookAt, type SignalNow } from "@/lib/core/services/signal-watch";
import { MINUTE_MS } from "@/lib/core/services/span-signals";
import type { ServiceState } from "@/lib/core/base/vocabulary";
import { type Db, type Statement, write } from "@/lib/db/client";
import { commit, type StreamEvent } from "@/lib/db/commit";
import { listFiringOf } from "@/lib/db/queries/alerts";
import { grouped } from "@/lib/core/base/grouped";
import { addCalls, enterWatched, listServices, moveService } from "@/lib/db/queries/services";
import { dropAbsentSignals, listSignals, saveSignals } from "@/lib/db/queries/signals";
import { saveBaselines, markServicesSeen } from "@/lib/db/queries/services";
import { loadSettings } from "@/lib/db/queries/settings";
import { cpuLimits } from "@/lib/evidence/cpu-limits";
import { discoverServices } from "@/lib/evidence/discovery";
import { withoutPause } from "@/lib/evidence/gate";
import { type Looked, reasonsText, unreadOf } from "@/lib/evidence/looked";
import type { Prometheus } from "@/lib/evidence/prometheus";
import { serviceEdges } from "@/lib/evidence/topology";
import type { ServiceConfig } from "@/lib/config/services";
import { type Look, scrapedLooks, tracedLooks } from "./looks";
import { type Measured, measure } from "./measure";
import { noteSource } from "@/lib/ingest/note-source";
import { receiveAlerts } from "@/lib/ingest/receive-alerts";
import { OWN_SOURCE, type Seen, signalAlert, unreadableAlert, detailOf, noDataAlert } from "./own-alerts";

/** Services and edges are looked for anew so often, in ms: they come and go with deploys, not with requests. */
const DISCOVER_MS = 30_000;
/** Edges are drawn from calls of so long, in seconds. */
const EDGE_WINDOW_S = 600;
/** What this process remembers between two looks. */
export interface WatchMemory {
  discoveredAt: number;
  /** Why services, their calls or their limits could not all be looked for; null when they could. */
  undiscovered: string | null;
  /** CPU limits of the containers of services, in cores. */
  cpuLimits: Map<string, number>;
  /** Since when nothing that was asked was answered; null while something is. */
  blindSince: number | null;
  /** When this process looked first. */
  since: number | null;
}
export const freshWatch = (): WatchMemory => ({
  discoveredAt: 0,
  undiscovered: null,
  cpuLimits: new Map(),
  blindSince: null,
  since: null,
});

interface WatchContext {
  db: Db;
  /** Null: none is configured, and only spans measure. */
  prometheus: Prometheus | null;
  config: ServiceConfig;
  memory: WatchMemory;
  now: number;
}

/** While this process was not there nothing was heard: only after so long, in ms, does silence say that there are no requests. */
const SILENCE_MS = 2 * MINUTE_MS;

/**
 * One look at every service: discovers them, measures their signals, judges them by limits and baselines, and reports what
 * begins and ends to fire through the same door as anybody's alerts. No data is `unknown`, and after a while an alert
 * of its own kind. What cannot be read says nothing about any service: its reason is kept, and a source of which nothing
 * can be read becomes one alert about itself. What Prometheus does not measure is measured by its spans, if it sends any.
 */
export async function watchServices(ctx: WatchContext): Promise<{ services: number; alerts: number }> {
  const { db, prometheus, config, now, memory } = ctx;
  memory.since ??= now;
  const scraped = prometheus === null ? { looks: [], alert: null } : await scrape({ ...ctx, prometheus });
  const silent = now - memory.since >= SILENCE_MS;
  const looks = [...scraped.looks, ...(await tracedLooks(db, await listServices(db), config, now, { silent }))];
  const alerts = [...(scraped.alert ? [scraped.alert] : []), ...(await judge(ctx, looks))];
  const news = await onlyNews(db, alerts);
  if (news.length > 0) await receiveAlerts(db, OWN_SOURCE, news, now);
  return { services: looks.length, alerts: news.length };
}

export type ScrapeContext = WatchContext & { prometheus: Prometheus };

/** The services of Prometheus, and the alert about itself. */
async function scrape(ctx: ScrapeContext): Promise<{ looks: Look[]; alert: Alert | null }> {
  const { db, prometheus, config, now, memory } = ctx;
  if (now - memory.discoveredAt >= DISCOVER_MS) await discover(ctx);
  const services = (await listServices(db)).filter(({ labelKey }) => labelKey !== null);
  const measured = await measure(prometheus, config, services, now);
  const { blind, problem } = services.length > 0 ? soundness(measured, memory) : await emptiness(ctx);
  await noteSource(db, prometheus.source, problem, now);
  const reason = blind ? problem : null;
  memory.blindSince = reason === null ? null : (memory.blindSince ?? now);
  const alert = unreadableAlert(prometheus.source, { reason, since: memory.blindSince ?? now }, config, now);
  return { looks: scrapedLooks(services, measured, config, memory.cpuLimits), alert };
}

interface Soundness {
  /** Nothing can be read. */
  blind: boolean;
  /** What cannot be read, and why; null when all can. */
  problem: string | null;
}

function soundness({ blind, unread }: Measured, { undiscovered }: WatchMemory): Soundness {
  if (blind) return { blind, problem: unread };
  return { blind, problem: [unread, undiscovered].filter((text) => text !== null).join("; ") || null };
}

/** Where no service is known the source is asked all the same, so that its loss, or a refusal to name services, is noticed. */
async function emptiness({ prometheus, now, memory }: ScrapeContext): Promise<Soundness> {
  const looked = await prometheus.instant("vector(1)", now / 1_000);
  const problem = memory.undiscovered ?? (looked.ok ? null : withoutPause(looked.reason));
  return { blind: problem !== null, problem };
}

async function discover({ db, prometheus, config, now, memory }: ScrapeContext): Promise<void> {
  const at = now / 1_000;
  const [found, edges] = await Promise.all([
    discoverServices(prometheus, { at }),
    serviceEdges(prometheus, { at, windowS: EDGE_WINDOW_S }),
  ]);
  const statements = found.ok && found.value.length > 0 ? [enterWatched(found.value, now)] : [];
  if (edges.ok && edges.value.length > 0) statements.push(...addCalls(edges.value, now));
  if (statements.length > 0) await write(db, statements);
  const keys = [...new Set((found.ok ? found.value : []).map(({ labelKey }) => labelKey))];
  const limits = await Promise.all(
    keys.map((key) => cpuLimits(prometheus, { key, metric: config.signals.metrics.cpu, at })),
  );
  // Limits that cannot be read now are what they were.
  for (const look of limits)
    if (look.ok) for (const [service, cores] of look.value) memory.cpuLimits.set(service, cores);
  memory.undiscovered = reasonsText([
    ["services", reasonOf(found)],
    ["dependencies", reasonOf(edges)],
    ...limits.map((look) => ["CPU limits", reasonOf(look)] as const),
  ]);
  if (found.ok) memory.discoveredAt = now;
}

function reasonOf(look: Looked<unknown>): string | null {
  const [unread] = unreadOf([look]);
  return unread ? withoutPause(unread.reason) : null;
}

async function judge({ db, config, now }: WatchContext, looks: readonly Look[]): Promise<Alert[]> {
  const [rows, firing, fleet] = await Promise.all([listSignals(db), listFiringOf(db), loadSettings(db)]);
  const settings = { arl: fleet.arl, promptChangeMayQuarantine: false };
  const rowsOf = grouped(rows, (row) => row.serviceId);
  const alerts: Alert[] = [];
  const statements: Statement[] = [];
  const moved: StreamEvent[] = [];
  const looked: Parameters<typeof saveSignals>[0][number][] = [];
  const learned: [string, DetectorState][] = [];
  const seen: string[] = [];
  let absent = false;
  for (const { service, readings, specs, instances, heard, mayAlertSilence, queryOf } of looks) {
    const before = new Map((rowsOf.get(service.id) ?? []).map((row) => [row.name, row]));
    const learn = service.incidentId === null;
    const { state, signals } = lookAt(service.baseline, before, readings, {
      now,
      learn,
      settings,
      specs,
      staleMs: config.noDataMs,
    });
    for (const signal of signals) {
      const spec = specs.find(({ name }) => name === signal.name)!;
      const was = before.get(signal.name);
      if (signal.value === null && signal.problem === null && was === undefined) continue;
      absent ||= signal.value === null && signal.problem === null && was?.valueAt === null;
      const seen: Seen = { spec, signal, instances };
      looked.push({
        serviceId: service.id,
        signal,
        spec,
        detail: detailOf(seen),
        query: queryOf(spec),
      });
      const alert = signalAlert(service, seen, config, now);
      if (alert) alerts.push(alert);
    }
    if (learn) learned.push([service.id, state]);
    const next = stateOf(
      // What spans say of a service that sends none is not that it is well.
      heard || service.labelKey !== null ? signals : signals.map((signal) => ({ ...signal, standing: null })),
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
    if (heard) seen.push(service.id);
    if (mayAlertSilence) alerts.push(noDataAlert(service, !heard, config, now));
  }
  if (looked.length > 0) statements.push(saveSignals(looked, now));
  if (absent) statements.push(dropAbsentSignals);
  if (learned.length > 0) statements.push(saveBaselines(learned));
  if (seen.length > 0) statements.push(markServicesSeen(seen, now));
  if (statements.length > 0) await commit(db, { claims: [], writes: statements, events: moved });
  return alerts;
}

/** No data is never well; no instance that answers is down; anything off, by measurement or by somebody's alert, is degraded. */
function stateOf(signals: readonly SignalNow[], firing: boolean): ServiceState {
  const up = signals.find(({ name }) => name === "up");
  if (up?.standing === 0) return "down";
  if (signals.some(({ state }) => state === "over_limit" || state === "out_of_band") || firing) return "degraded";
  return signals.some(({ standing }) => standing !== null) ? "healthy" : "unknown";
}

/**
 * Of what is well already nothing is told; what fires goes on firing without being counted at every look, unless it has
 * become graver.
 */
async function onlyNews(db: Db, alerts: readonly Alert[]): Promise<Alert[]> {
  const firing = await listFiringOf(db, OWN_SOURCE);
  const open = new Map([...firing.values()].flat().map((row) => [row.fingerprint, row]));
  return alerts.flatMap((alert) => {
    const known = open.get(alert.fingerprint);
    if (known === undefined) return alert.status === "firing" ? [alert] : [];
    // It goes on, and has got worse: the same occurrence, told anew.
    const told = alert.status === "resolved" || isMoreSevere(alert.severity, known.severity);
    return told ? [{ ...alert, startsAt: known.startsAt }] : [];
  });
}
