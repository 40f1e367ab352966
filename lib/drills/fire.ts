import { randomInt } from "node:crypto";
import { createDrill, type DrillRecord } from "@/lib/db/drills";
import { env } from "@/lib/env";
import { loadRunbooks } from "@/lib/evidence/runbooks";
import { log } from "@/lib/log";
import { wake } from "@/lib/wake";
import { loadRecording } from "./load-recording";
import { loadScenario } from "./scenarios";

const LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";
const SUFFIX = 6;

/**
 * Fires a recorded incident as if it happened now, in a world of its own: a drill. Another drill of the same recording
 * starts fresh beside it. Throws not_found for a scenario that there is not, conflict when there are too many drills.
 */
export async function fireDrill(scenarioId: string, firedBy: string, now: number): Promise<DrillRecord> {
  const scenario = await loadScenario(scenarioId, now);
  const { DRILL_TTL_MS, SENTINEL_RUNBOOKS_DIR } = env();
  const record = await createDrill(
    {
      id: `${scenario.id}-${Array.from({ length: SUFFIX }, () => LETTERS[randomInt(LETTERS.length)]).join("")}`,
      scenario: scenario.id,
      title: scenario.title,
      service: scenario.signal.node,
      firedBy,
      firedAt: now,
      expiresAt: now + DRILL_TTL_MS,
    },
    async (db) => {
      const looked = await loadRunbooks(db, SENTINEL_RUNBOOKS_DIR, now);
      if (!looked.ok) log().warn({ reason: looked.reason }, "runbooks could not be read");
      return loadRecording(db, scenario, now);
    },
  );
  wake("drills");
  return record;
}
