/** How the flapping of an alert is told; percentages are of state change, 0 to 100. */
export interface FlapSettings {
  /** History that is looked at, in ms. */
  windowMs: number;
  /** Slices of it; several changes in one slice count as one. */
  slots: number;
  /** Begins at or above `high`, ends below `low`: between them it stays what it was. */
  high: number;
  low: number;
}

/**
 * 20 slots and 30 and 20 per cent are Nagios' own for services. Nagios looks at its last 21 checks, some minutes apart;
 * alerts have no checks, so slots of three minutes of the last hour stand for them: about three times firing and resolved
 * within the hour.
 */
export const FLAP: FlapSettings = { windowMs: 3_600_000, slots: 20, high: 30, low: 20 };

/** Weight of the oldest and of the newest slot: what changed lately counts half as much again. */
const WEIGHT = { oldest: 0.8, newest: 1.2 };

export interface Flap {
  flapping: boolean;
  /** Weighted state change over the window, 0 to 100. */
  percent: number;
}

/**
 * Whether an alert flaps: state change over the recent past, newer changes weighing more, with hysteresis (Nagios Core
 * documentation, "Detection and Handling of State Flapping"). `changes` are the epoch ms of its beginnings and ends, in
 * any order; those after `now` or before the window are ignored. While an alert flaps, its incident is not to be resolved:
 * every flap would open another one.
 */
export function flapOf(changes: readonly number[], was: boolean, now: number, o: FlapSettings = FLAP): Flap {
  const slotMs = o.windowMs / o.slots;
  const changed = new Set<number>();
  for (const at of changes) {
    const age = now - at;
    if (age >= 0 && age < o.windowMs) changed.add(Math.floor(age / slotMs));
  }
  const step = o.slots > 1 ? (WEIGHT.newest - WEIGHT.oldest) / (o.slots - 1) : 0;
  let sum = 0;
  for (const slot of changed) sum += WEIGHT.newest - slot * step;
  const percent = (100 * sum) / o.slots;
  return { percent, flapping: was ? percent >= o.low : percent >= o.high };
}
