import { getDrill } from "@/lib/db/drills";
import { processIntegrations } from "@/lib/runtime/integrations";
import type { Integrations } from "@/lib/response/services/context";
import { drillIntegrations } from "./recording";
import { loadScenario } from "./scenarios";

/** What a request can reach: the drill's recording where it is about a drill, else what this process can reach. Throws not_found. */
export async function worldOf(drill: string | null, now: number): Promise<Integrations> {
  const real = await processIntegrations();
  if (drill === null) return real;
  const { record, db } = await getDrill(drill, now);
  const scenario = await loadScenario(record.scenario, record.firedAt);
  return drillIntegrations({ db, scenario, incident: record.incident }, real.chains);
}
