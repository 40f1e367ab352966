import type { AgentState, Liveness } from "../base/vocabulary";

export interface ContainmentLimits {
  /** Share of the fleet's live agents that may be held at once by automatic quarantine. */
  fleetShare: number;
  /** The same, of one agent type. */
  typeShare: number;
  /** Automatic holds in any hour. */
  perHour: number;
  /** Holds at once that a share allows however few agents there are; a share of 0 still forbids all. */
  atLeast: number;
  /** Healthy agents of a type that must be left at work, where the type sets no floor of its own. */
  floor: number;
}

/**
 * Beyond these it is likelier that Sentinel, or something that all agents share, is wrong than that all agents are.
 * In a small fleet a share is less than one agent, and one runaway after another is no sign of a mistake of ours yet: three
 * at once are allowed, which is also what an hour allows. The floor is 0: a lone agent of its type may be held unless an operator
 * says that it must not.
 */
export const DEFAULT_LIMITS: ContainmentLimits = {
  fleetShare: 0.05,
  typeShare: 0.2,
  perHour: 3,
  atLeast: 3,
  floor: 0,
};

/** From this severity on a runaway is grave: a just-proven fourfold (see severity.ts). */
export const SEVERE_FROM = 6;
/** Part of every limit that only grave runaways may use, so that a few mild ones cannot take all the room. */
const KEPT_FOR_GRAVE = 1 / 3;
/** Part of a share limit that the agents of one key may use while agents of other keys are at work. */
const ONE_KEY = 1 / 2;

/** Agents of the fleet or of a type that report, held ones included, and those that are held by any hand. */
export interface Population {
  live: number;
  held: number;
  /** The same, of the agents that share the agent's key. */
  own: { live: number; held: number };
}

export interface HoldInput {
  fleet: Population;
  /** `healthy`: how many healthy agents of the type are at work beside this one. `floor` null: the limits' own. */
  type: Population & { healthy: number; floor: number | null };
  /** Automatic holds of the last hour, released ones included; `own`: of agents of the agent's key. */
  lastHour: { all: number; own: number };
  /** Severity of what the agent would be held for, 0 to 10. */
  severity: number;
  limits: ContainmentLimits;
}

/** Whether an agent counts towards its type's floor: at work, and nothing is suspected of it. */
export const isHealthyAtWork = (agent: { state: AgentState; liveness: Liveness; paused: boolean }): boolean =>
  (agent.state === "healthy" || agent.state === "learning") && agent.liveness === "live" && !agent.paused;

export type HoldDecision = { kind: "hold" } | { kind: "stop"; reason: string };

/** Shares like .29 of 100 are 28.999… in floating point; that must still be 29. */
const ROUNDING = 1e-9;

/** How many of `live` agents may be held at once under a share limit: rounded down, but no fewer than `atLeast`. A share of 0 forbids all. */
export function mostHeld(share: number, live: number, atLeast: number): number {
  return share > 0 ? Math.max(atLeast, Math.floor(share * live + ROUNDING)) : 0;
}

/**
 * Whether one more agent may be held automatically. People are not bound by this. `stop` means: a page, and the agent goes
 * on until there is room. Decide for one agent at a time, with counts that include the holds decided before it, the gravest first.
 *
 * Where several keys have agents at work, one key's may use half of a share and `atLeast` in any case, and the others always have
 * room for `atLeast` besides; the hour allows `perHour` for each key and twice that for all. So nobody's sacrificed agents
 * use up what contains another's.
 */
export function mayHold({ fleet, type, lastHour, severity, limits }: HoldInput): HoldDecision {
  const grave = severity >= SEVERE_FROM;
  const room = (most: number) => (grave ? most : most - Math.floor(most * KEPT_FOR_GRAVE + ROUNDING));
  const stop = (reason: string): HoldDecision => ({ kind: "stop", reason });
  const full = (population: Population, share: number, whose: string): string | null => {
    const most = mostHeld(share, population.live, limits.atLeast);
    const shared = population.live > population.own.live;
    const all = room(shared && most > 0 ? Math.max(most, 2 * limits.atLeast) : most);
    const own = room(shared && most > 0 ? Math.max(limits.atLeast, Math.floor(most * ONE_KEY)) : most);
    if (!(population.held < all))
      return `${population.held} of ${population.live} ${whose} are quarantined${limit(all)}`;
    if (!(population.own.held < own))
      return `${population.own.held} of ${population.own.live} ${whose} that share its key are quarantined${limit(own)}`;
    return null;
  };
  const limit = (most: number) => `; the limit${grave ? "" : ` below severity ${SEVERE_FROM}`} is ${most}`;

  const tooMany = full(fleet, limits.fleetShare, "agents") ?? full(type, limits.typeShare, "agents of the type");
  if (tooMany !== null) return stop(tooMany);
  const floor = type.floor ?? limits.floor;
  if (!(type.healthy >= floor))
    return stop(
      `only ${Math.max(0, type.healthy)} healthy ${type.healthy === 1 ? "agent" : "agents"} of its type would be left, and the minimum is ${floor}`,
    );
  const shared = fleet.live > fleet.own.live;
  const perHour = { all: room(shared ? 2 * limits.perHour : limits.perHour), own: room(limits.perHour) };
  if (!(lastHour.own < perHour.own))
    return stop(
      `${quarantines(lastHour.own)}${shared ? " of agents that share its key" : ""} in the last hour${limit(perHour.own)}`,
    );
  if (!(lastHour.all < perHour.all)) return stop(`${quarantines(lastHour.all)} in the last hour${limit(perHour.all)}`);
  return { kind: "hold" };
}

const quarantines = (n: number): string => `${n} automatic ${n === 1 ? "quarantine" : "quarantines"}`;
