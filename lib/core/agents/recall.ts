import type { AgentAction, Diagnosis, Outcome } from "../base/vocabulary";

/** From the narrowest to the widest: what is known of this agent, of its type, of everybody. */
export type EfficacyScope = "agent" | "type" | "fleet";

/** How often an action cured a diagnosis. Counts are decayed to `updatedAt`, hence fractions. */
export interface Efficacy {
  scope: EfficacyScope;
  scopeId: string;
  diagnosis: Diagnosis;
  action: AgentAction;
  attempts: number;
  successes: number;
  updatedAt: number;
}
export type EfficacyKey = Pick<Efficacy, "scope" | "scopeId" | "diagnosis" | "action">;

/** After a month a case counts half: models, prompts and tools of an agent have moved on by then. */
export const HALF_LIFE_MS = 30 * 24 * 3600_000;

/** A failure of the last day is news: the same rung on the same agent would most likely fail again. */
export const FRESH_MS = 24 * 3600_000;

/** Below this share of (decayed) successes an action counts as failed for its agent. */
const FAILED_SHARE = 0.25;

/** Half a case: an older, decayed failure is no reason to skip a rung. */
const FAILED_ATTEMPTS = 0.5;

/** How many cases a type may be worth at most to one of its agents: four own cases outweigh any crowd. */
const TYPE_CAP = 4;

/** And the fleet to a type. */
const FLEET_CAP = 2;

interface Counts {
  attempts: number;
  successes: number;
}
const NOTHING: Counts = { attempts: 0, successes: 0 };

function decayed(e: Efficacy | null | undefined, now: number, halfLifeMs: number): Counts {
  if (!e) return NOTHING;
  const kept = 0.5 ** (Math.max(0, now - e.updatedAt) / halfLifeMs);
  return { attempts: e.attempts * kept, successes: e.successes * kept };
}

/**
 * The record after one more measured outcome; `null` stays `null` while there is nothing to know. `recovered` is a
 * success, `no_effect` and `worse` are failures, `contained`, `cannot_tell` and `pending` teach nothing and leave the record as it is.
 * Old counts fade exponentially with the half-life in ms; a clock that went back fades nothing.
 */
export function learn(
  e: Efficacy | null,
  key: EfficacyKey,
  outcome: Outcome,
  now: number,
  halfLifeMs: number = HALF_LIFE_MS,
): Efficacy | null {
  const add = (successes: 0 | 1): Efficacy => {
    const old = decayed(e, now, halfLifeMs);
    return {
      scope: key.scope,
      scopeId: key.scopeId,
      diagnosis: key.diagnosis,
      action: key.action,
      attempts: old.attempts + 1,
      successes: old.successes + successes,
      updatedAt: Math.max(now, e?.updatedAt ?? now),
    };
  };
  switch (outcome) {
    case "recovered":
      return add(1);
    case "no_effect":
    case "worse":
      return add(0);
    case "contained":
    case "cannot_tell":
    case "pending":
      return e;
  }
}

/** What the wider scope saw that the narrower one did not: every case is learned in all its scopes. */
function without(wide: Counts, narrow: Counts): Counts {
  const successes = Math.max(0, wide.successes - narrow.successes);
  const failures = Math.max(0, wide.attempts - wide.successes - (narrow.attempts - narrow.successes));
  return { attempts: successes + failures, successes };
}

/** At least what either of two scopes saw. */
function union(a: Counts, b: Counts): Counts {
  const successes = Math.max(a.successes, b.successes);
  const failures = Math.max(a.attempts - a.successes, b.attempts - b.successes);
  return { attempts: successes + failures, successes };
}

function plus(a: Counts, b: Counts): Counts {
  return { attempts: a.attempts + b.attempts, successes: a.successes + b.successes };
}

function capped(c: Counts, cap: number): Counts {
  const k = c.attempts > cap ? cap / c.attempts : 1;
  return { attempts: c.attempts * k, successes: c.successes * k };
}

/**
 * The chance that the action cures the diagnosis on one agent: the mean of a Beta posterior that starts uniform
 * (Laplace's rule of succession: no case is 0.5, one success 2/3, one failure 1/3). Experience is borrowed from the
 * fleet by the type, and from the type by the agent, as a power prior (Ibrahim & Chen 2000) whose effective sample size
 * is capped (Morita, Thall & Müller 2008), so that an agent's own few cases outweigh any number of foreign ones.
 *
 * One more success, learned in every scope, always raises the mean: `kin` and `foreign` are differences between scopes, so
 * the same addition to each leaves them as they were, and only the agent's own (1 + s) / (2 + n) becomes (2 + s) / (3 + n).
 * A narrower record may hold cases that the wider one lacks (an agent that changed its type keeps its own): `foreign`
 * therefore excludes what either narrower scope saw.
 *
 * `list` holds the records of this agent, its type and the fleet: at most one per scope for a diagnosis and action.
 * `weight` is the number of cases behind the mean, borrowed ones included; `scope` is the narrowest that has any.
 */
export function efficacy(
  list: readonly Efficacy[],
  diagnosis: Diagnosis,
  action: AgentAction,
  now: number,
  halfLifeMs: number = HALF_LIFE_MS,
): { mean: number; weight: number; scope: EfficacyScope | null } {
  const at = (scope: EfficacyScope) => decayed(record(list, scope, diagnosis, action), now, halfLifeMs);
  const agent = at("agent");
  const type = at("type");
  const fleet = at("fleet");
  const foreign = capped(without(fleet, union(type, agent)), FLEET_CAP);
  const kin = without(type, agent);
  const all = plus(agent, capped(plus(kin, foreign), TYPE_CAP));
  const scope = agent.attempts > 0 ? "agent" : kin.attempts > 0 ? "type" : foreign.attempts > 0 ? "fleet" : null;
  return { mean: (1 + all.successes) / (2 + all.attempts), weight: all.attempts, scope };
}

/**
 * True while this very agent's own experience says that the action does not help: its last case is fresh, and successes
 * are rare. What others saw only orders a ladder, it never takes a rung away.
 */
export function failedLately(
  list: readonly Efficacy[],
  diagnosis: Diagnosis,
  action: AgentAction,
  now: number,
  { freshMs = FRESH_MS, halfLifeMs = HALF_LIFE_MS }: { freshMs?: number; halfLifeMs?: number } = {},
): boolean {
  const own = record(list, "agent", diagnosis, action);
  if (!own || now - own.updatedAt > freshMs) return false;
  const { attempts, successes } = decayed(own, now, halfLifeMs);
  return attempts >= FAILED_ATTEMPTS && successes < FAILED_SHARE * attempts;
}

function record(list: readonly Efficacy[], scope: EfficacyScope, diagnosis: Diagnosis, action: AgentAction) {
  return list.find((e) => e.scope === scope && e.diagnosis === diagnosis && e.action === action);
}
