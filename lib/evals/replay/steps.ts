import type { ReplayedChange, ReplayedEvent } from "@/lib/db/queries/replay";
import type { ReplayPlan } from "./replay";

/** What arrived in one step, which ends at `now`. */
export interface Arrived {
  now: number;
  events: ReplayedEvent[];
  changes: ReplayedChange[];
}

/**
 * After the last event before a pause the clock still goes on so often, by so much, in ms: until suspicions have waited for others,
 * and holds that nobody confirms are known as such. What is longer is skipped: where nobody reports nothing can be told.
 */
const QUIET_STEPS = 3;
const QUIET_MS = 30_000;

/**
 * The record in steps, in order of time. A step ends after `stepMs`, and just before a change is announced or an agent let go
 * (`ends`), so that what comes after is judged by it.
 */
export async function* stepsOf(
  { after, learnFrom, to, stepMs }: Pick<ReplayPlan, "after" | "learnFrom" | "to" | "stepMs">,
  announced: readonly ReplayedChange[],
  ends: readonly number[],
  read: (after: number) => Promise<ReplayedEvent[]>,
): AsyncGenerator<Arrived> {
  const changes = [...announced];
  const breaks = [...new Set([...announced.map(({ createdAt }) => createdAt), ...ends])].toSorted((a, b) => a - b);
  let waiting: ReplayedEvent[] = [];
  let place = after;
  let clock = learnFrom - 1;
  let quiet = 0;
  const step = (now: number, events: ReplayedEvent[]): Arrived => {
    clock = now;
    const due = changes.findIndex(({ createdAt }) => createdAt > now);
    return { now, events, changes: changes.splice(0, due < 0 ? changes.length : due) };
  };
  for (;;) {
    if (waiting.length === 0) {
      waiting = await read(place);
      place = waiting.at(-1)?.seq ?? place;
    }
    const next = waiting[0]?.receivedAt ?? Infinity;
    if (next > clock + stepMs) {
      const pause = clock + Math.max(stepMs, QUIET_MS);
      if (quiet < QUIET_STEPS && pause < next) {
        quiet += 1;
        yield step(pause, []);
        continue;
      }
      if (next === Infinity) {
        if (clock < to) yield step(to, []);
        return;
      }
      clock = next - 1;
    }
    quiet = 0;
    while (breaks.length > 0 && breaks[0]! - 1 <= clock) breaks.shift();
    const end = Math.min(clock + stepMs, (breaks[0] ?? Infinity) - 1);
    // Arrivals of one moment may be stored out of order by a hair: such an event comes with its neighbours.
    const later = waiting.findIndex(({ receivedAt }) => receivedAt > end);
    if (later === 0) {
      yield step(end, []);
      continue;
    }
    yield step(end, waiting.splice(0, later < 0 ? waiting.length : later));
  }
}
