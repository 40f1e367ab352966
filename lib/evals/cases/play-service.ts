import type { Trajectory } from "@/lib/core/scoring/trajectory";
import { serviceConfig } from "@/lib/config/services";
import type { Db } from "@/lib/db/client";
import { listPendingApprovals } from "@/lib/db/queries/healing";
import { getIncident } from "@/lib/db/queries/incidents";
import { loadRecording } from "@/lib/drills/load-recording";
import { drillIntegrations } from "@/lib/drills/recording";
import { parseScenario } from "@/lib/drills/scenarios";
import { drillTurn } from "@/lib/drills/turn";
import type { Integrations, Variant } from "@/lib/response/services/context";
import { trajectoryOf } from "@/lib/response/trajectory";
import { freshRuntime } from "@/lib/runtime/service-runtime";
import type { ServiceCase } from "./case";
import { approve, isOver } from "./person";

/** Every case is alerted at this moment, so that a run repeats exactly. */
export const ALERTED_AT = Date.UTC(2026, 2, 3, 12);
/** The clock goes on so far between two turns, in ms: a recording has a value every two seconds. */
const TICK_MS = 2_000;
/** A case is over after this at the latest: time for three remedies, each measured to its deadline. */
const PLAYED_MS = 5 * 60_000;

/**
 * Plays a case of services through the loop that real incidents go through, in a database of its own and on a clock of its own, which goes
 * on as fast as work is done. Whatever a person is asked is approved: what is proposed has to be right by itself.
 */
export async function playServiceCase(
  { evidence, after }: ServiceCase,
  db: Db,
  chains: Integrations["chains"],
  variant?: Variant,
): Promise<Trajectory> {
  let now = ALERTED_AT;
  const scenario = parseScenario(evidence, after, now);
  const incident = await loadRecording(db, scenario, now);
  const played = { db, scenario, incident };
  const runtime = freshRuntime();
  const turn = {
    played,
    runtime,
    integrations: { ...drillIntegrations(played, chains), variant },
    config: serviceConfig(new Map()),
    clock: () => now,
    wake: () => {},
    wakeIn: () => {},
  };
  for (; now < ALERTED_AT + PLAYED_MS; now += TICK_MS) {
    const report = await drillTurn(turn);
    if (report.failed.length > 0) throw new Error(`a turn failed: ${report.failed.join(", ")}`);
    while (runtime.pending.size > 0) await Promise.all(runtime.pending);
    const { state } = await getIncident(db, incident);
    if (isOver(state)) break;
    if (state === "escalated" || state === "awaiting_approval") {
      const asked = await listPendingApprovals(db, incident);
      if (state === "escalated" && asked.length === 0) break;
      await approve(db, asked, now);
    }
  }
  return trajectoryOf(db, await getIncident(db, incident));
}
