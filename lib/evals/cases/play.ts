import { score } from "@/lib/core/scoring/score";
import type { Integrations } from "@/lib/response/services/context";
import { type CaseKey, makeServiceCase } from "./case";
import { playServiceCase } from "./play-service";
import type { CaseResult } from "./result";
import type { ScratchDbs } from "./scratch-db";

/** Makes a case, plays it, and only then looks at what is true of it. Throws what its play throws. */
export async function playCase(key: CaseKey, dbs: ScratchDbs, chains: Integrations["chains"]): Promise<CaseResult> {
  const began = performance.now();
  const made = makeServiceCase(key);
  const trajectory = await dbs.use((db) => playServiceCase(made, db, chains));
  const truth = made.truth(trajectory.alertedAt);
  return {
    id: made.id,
    class: key.class,
    set: key.set,
    title: made.title,
    scored: score(trajectory, truth),
    trajectory,
    truth,
    why: made.why,
    ms: performance.now() - began,
  };
}
