export interface ContainmentLimits {
  /** Share of the fleet's live agents that may be held at once by automatic quarantine. */
  fleetShare: number;
  /** The same, of one agent type. */
  typeShare: number;
  /** Automatic holds in any hour, over the whole fleet. */
  perHour: number;
  /** Agents of a type that must stay at work, where the type sets no floor of its own. */
  floor: number;
}

/**
 * Beyond these it is likelier that Sentinel, or something that all agents share, is wrong than that all agents are.
 * The floor is 0: a lone agent of its type may be held unless an operator says that it must not.
 */
export const DEFAULT_LIMITS: ContainmentLimits = {
  fleetShare: 0.05,
  typeShare: 0.2,
  perHour: 3,
  floor: 0,
};

export interface HoldInput {
  /** `live` counts the agents that report, held ones included; `held` those of them that are quarantined by any hand. */
  fleet: { live: number; held: number };
  /** `floor` null: the limits' own. */
  type: { live: number; held: number; floor: number | null };
  /** Automatic holds of the last hour, over the whole fleet, released ones included. */
  holdsLastHour: number;
  limits: ContainmentLimits;
}

export type HoldDecision = { kind: "hold" } | { kind: "stop"; reason: string };

/** Shares like .29 of 100 are 28.999… in floating point; that must still be 29. */
const ROUNDING = 1e-9;

/**
 * How many of `live` agents may be held at once under a share limit: rounded down, but at least one, for 5 % of 15
 * agents is 0.75 and a small fleet needs containment too. A share of 0 forbids automatic holds altogether.
 */
export function mostHeld(share: number, live: number): number {
  return share > 0 ? Math.max(1, Math.floor(share * live + ROUNDING)) : 0;
}

/**
 * Whether one more agent may be held automatically. People are not bound by this. `stop` means: one incident, one
 * page, and the agent goes on. Decide for one agent at a time, with counts that include the holds decided before it.
 */
export function mayHold({ fleet, type, holdsLastHour, limits }: HoldInput): HoldDecision {
  const stop = (reason: string): HoldDecision => ({ kind: "stop", reason });
  const fleetMost = mostHeld(limits.fleetShare, fleet.live);
  if (!(fleet.held < fleetMost))
    return stop(`${fleet.held} of ${fleet.live} agents are held; the limit is ${fleetMost}`);
  const typeMost = mostHeld(limits.typeShare, type.live);
  if (!(type.held < typeMost))
    return stop(`${type.held} of ${type.live} agents of the type are held; the limit is ${typeMost}`);
  const floor = type.floor ?? limits.floor;
  if (!(type.live - type.held - 1 >= floor))
    return stop(
      `agents of the type at work: ${type.live - type.held}; after one more hold at least ${floor} must be left`,
    );
  if (!(holdsLastHour < limits.perHour))
    return stop(`${holdsLastHour} automatic holds in the last hour; the limit is ${limits.perHour}`);
  return { kind: "hold" };
}
