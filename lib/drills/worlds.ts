import { getDrill } from "@/lib/db/drills";
import { processWorld } from "@/lib/runtime/service-process";
import type { World } from "@/lib/response/services/world";
import { drillWorld } from "./recording";
import { loadScenario } from "./scenarios";

/** What a request can reach: the drill's recording where it is about a drill, else what this process can reach. Throws not_found. */
export async function worldOf(drill: string | null, now: number): Promise<World> {
  const real = await processWorld();
  if (drill === null) return real;
  const { record, db } = await getDrill(drill, now);
  const scenario = await loadScenario(record.scenario, record.firedAt);
  return drillWorld({ db, scenario, incident: record.incident }, real.chains);
}
