import { score } from "@/lib/core/scoring/score";
import type { Integrations, Variant } from "@/lib/response/services/context";
import { isAgentClass, makeAgentCase, makeServiceCase } from "./case";
import type { CaseKey } from "./case-key";
import { playAgentCase, STARTS_AT } from "./play-agent";
import { playServiceCase } from "./play-service";
import type { CaseResult } from "./result";
import type { ScratchDbs } from "./scratch-db";

/**
 * Makes a case, plays it, and only then looks at what is true of it. `variant`: tried in place of what is in use; agents' cases have
 * nothing that it could change. Throws what its play throws.
 */
export async function playCase(
  key: CaseKey,
  dbs: ScratchDbs,
  chains: Integrations["chains"],
  variant?: Variant,
): Promise<CaseResult> {
  const began = performance.now();
  const { made, trajectory, truth } = await play(key, dbs, chains, variant);
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

async function play(key: CaseKey, dbs: ScratchDbs, chains: Integrations["chains"], variant?: Variant) {
  if (isAgentClass(key.class)) {
    const made = makeAgentCase(key);
    const trajectory = await dbs.use((db) => playAgentCase(made, db));
    return { made, trajectory, truth: made.truth(STARTS_AT) };
  }
  const made = makeServiceCase(key);
  const trajectory = await dbs.use((db) => playServiceCase(made, db, chains, variant));
  return { made, trajectory, truth: made.truth(trajectory.alertedAt) };
}
