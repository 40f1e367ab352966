import type { FrozenService } from "@/lib/contracts/frozen-case";
import type { Trajectory } from "@/lib/core/scoring/trajectory";
import { serviceConfig } from "@/lib/config/services";
import type { Db } from "@/lib/db/client";
import { listPendingApprovals } from "@/lib/db/queries/healing";
import { getIncident } from "@/lib/db/queries/incidents";
import { FrozenWorld } from "@/lib/drills/frozen-world";
import type { Integrations } from "@/lib/response/services/context";
import { trajectoryOf } from "@/lib/response/trajectory";
import { approve, isOver } from "./person";
import { freshRuntime } from "@/lib/runtime/service-runtime";
import { serviceTurn } from "@/lib/runtime/service-turn";

/** A case is over when so many deadlines of verification have passed: time for three remedies and for what was recorded before them. */
const DEADLINES = 4;
/** Before its first alert no incident is there; what joins it later comes within this of it, ms. */
const TOLD_MS = 60 * 60_000;

/**
 * Plays a frozen incident of services through the loop that real incidents go through, in a database of its own, on a clock of its own that
 * begins at its first alert. Whatever a person is asked is approved. Throws where a turn fails, and where its alerts open nothing.
 */
export async function playFrozenServices(
  of: FrozenService,
  db: Db,
  chains: Integrations["chains"],
): Promise<Trajectory> {
  const { pace } = of.recording;
  const world = await FrozenWorld.open(db, of);
  const integrations = world.integrations(chains);
  // There is nothing to discover: what was known of each service is in the case.
  const runtime = { ...freshRuntime(), watchedAt: Number.POSITIVE_INFINITY };
  const config = {
    ...serviceConfig(new Map()),
    watchMs: pace.watch_ms,
    settleMs: pace.settle_ms,
    verifyMs: pace.verify_ms,
    verifyDeadlineMs: pace.verify_deadline_ms,
    groupWaitMs: of.evidence.investigated_after_ms,
    // Series are as they were read: nothing of them is to be left out again.
    rateWindow: "0s",
  };
  let now = world.startsAt;
  const told = Math.min(world.toldBy, now + TOLD_MS);
  const until = told + config.groupWaitMs + DEADLINES * config.verifyDeadlineMs;
  for (; now <= until; now += pace.watch_ms) {
    await world.tell(now);
    const report = await serviceTurn({
      db,
      integrations,
      config,
      runtime,
      clock: () => now,
      wake: () => {},
      wakeIn: () => {},
    });
    if (report.failed.length > 0) throw new Error(`a turn failed: ${report.failed.join(", ")}`);
    while (runtime.pending.size > 0) await Promise.all(runtime.pending);
    if (world.incident === null) throw new Error("evidence.alerts: they open no incident");
    const { state } = await getIncident(db, world.incident);
    if (isOver(state)) break;
    const asked = await listPendingApprovals(db, world.incident);
    if (state === "escalated" && asked.length === 0 && now >= told) break;
    await approve(db, asked, now);
  }
  return trajectoryOf(db, await getIncident(db, world.incident!));
}
