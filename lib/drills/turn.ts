import { median } from "simple-statistics";
import { write } from "@/lib/db/client";
import { listAlertsOf } from "@/lib/db/queries/alerts";
import { setSignalUnit } from "@/lib/db/queries/signals";
import { signals } from "@/lib/db/schema";
import type { ServiceConfig } from "@/lib/config/services";
import { receiveAlerts } from "@/lib/ingest/receive-alerts";
import { serviceTurn, type TurnInput, type TurnReport } from "@/lib/runtime/service-turn";
import { alertsOf, RECORDING } from "./load-recording";
import { play } from "./playback";
import { type Played, playbackOf } from "./recording";

/**
 * How a drill's operations are measured: by the same rules as real ones, in seconds instead of minutes, since its recording
 * goes on in steps of two seconds and recovers within six.
 */
const PACE = {
  watchMs: 2_000,
  settleMs: 8_000,
  verifyMs: 10_000,
  verifyDeadlineMs: 40_000,
  groupWaitMs: 0,
} as const satisfies Partial<ServiceConfig>;
/** The alert ends once so many values in a row are within its limit: more than a restart in vain hides the trouble for. */
const CALM_VALUES = 5;
/** Values so old say nothing of now, in seconds. */
const RECENT_S = 20;

export interface DrillTurn extends Omit<TurnInput, "db"> {
  played: Played;
}

/** One turn of the loop over services in a drill's world, and what its recording says meanwhile. Idempotent, as every turn is. */
export async function drillTurn({ played, runtime, config, ...turn }: DrillTurn): Promise<TurnReport> {
  await measure(played, turn.clock());
  // There is nothing to discover in a recording: what it has of each service is known.
  const unwatched = { ...runtime, watchedAt: Number.POSITIVE_INFINITY };
  return serviceTurn({ ...turn, db: played.db, runtime: unwatched, config: { ...config, ...PACE } });
}

/** Writes down how the alerted series is now, and ends its alert once something was done and it is well again. */
async function measure(played: Played, now: number): Promise<void> {
  const { db, scenario, incident } = played;
  const { node, metric, query, unit, above } = scenario.signal;
  const playback = await playbackOf(played);
  const recent = play(playback, node, metric, now / 1_000 - RECENT_S, now / 1_000).map(([, value]) => value);
  const value = recent.at(-1);
  const alert = (await listAlertsOf(db, incident)).find(({ sourceId }) => sourceId === RECORDING);
  if (value === undefined || alert === undefined) return;
  const normal = play(playback, node, metric, 0, scenario.wellUntil).map(([, usual]) => usual);
  const mid = normal.length > 0 ? median(normal) : null;
  const seen = {
    // Its alert judges it. Were it judged here as well, the analysis would hear of one alert twice.
    state: "learning" as const,
    value,
    valueAt: now,
    expected: mid === null ? null : { low: Math.min(...normal), mid, high: Math.max(...normal) },
  };
  await write(db, [
    db
      .insert(signals)
      .values({ serviceId: node, name: alert.name, query, unit, upper: above, since: alert.startsAt, ...seen })
      .onConflictDoUpdate({ target: [signals.serviceId, signals.name], set: seen }),
    setSignalUnit(db, incident, unit),
  ]);
  const calm = recent.slice(-CALM_VALUES);
  if (
    alert.endsAt === null &&
    playback.done.length > 0 &&
    calm.length === CALM_VALUES &&
    calm.every((one) => one <= above)
  )
    await receiveAlerts(db, RECORDING, alertsOf(scenario, now, "resolved"), now);
}
