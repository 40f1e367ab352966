import type { Chaos, FaultKind } from "./chaos";

interface Planned {
  /** Seconds after the start. */
  at: number;
  kind: FaultKind;
  target: string;
  /** Seconds until the world mends itself: long after a cure should have been found, except where waiting is the cure. */
  lasts: number;
}

/**
 * The demo's day: the first fault after a warm-up in which agents are learnt, each ordinary kind on its own agent, a
 * provider in between, then quieter. Two lookalikes follow each other (a loop by memory, a flood by a page), and two need
 * more than the first rung of their ladder.
 */
export const DEMO_DAY: readonly Planned[] = [
  { at: 40, kind: "poisoned_memory", target: "analytics-iris", lasts: 600 },
  { at: 65, kind: "changed_prompt", target: "research-bela", lasts: 600 },
  { at: 95, kind: "broken_tool", target: "data-edda", lasts: 600 },
  { at: 130, kind: "slow_provider", target: "aurora", lasts: 25 },
  { at: 185, kind: "injected_document", target: "coordinator-nils", lasts: 600 },
  { at: 220, kind: "runaway_cost", target: "coordinator-olga", lasts: 600 },
  { at: 255, kind: "stuck_tool", target: "data-finn", lasts: 600 },
  { at: 290, kind: "injected_lesson", target: "research-cato", lasts: 600 },
];

/** Seconds from the beginning of a day to the next: what was broken last has been held, decided about and healed by then. */
export const DAY_S = 480;

/**
 * Starts and mends faults at their times; `stretch` 2 takes twice as long. `again`: the day begins anew each {@link DAY_S} seconds, and what is
 * still broken then is left as it is. Returns how to stop.
 */
export function runSchedule(
  plan: readonly Planned[],
  chaos: Chaos,
  { stretch, again }: { stretch: number; again: boolean },
  log: (line: string) => void,
): () => void {
  const timers = new Set<NodeJS.Timeout>();
  const later = (seconds: number, what: () => void) => {
    const timer = setTimeout(() => (timers.delete(timer), what()), seconds * 1000 * stretch);
    timers.add(timer);
  };
  const day = () => {
    for (const { at, kind, target, lasts } of plan) {
      later(at, () => {
        const started = chaos.start(kind, target);
        if (started.kind === "refused") return log(`not broken: ${started.reason}`);
        log(`broken: ${kind} at ${target}`);
        later(lasts, () => chaos.end(started.fault.id));
      });
    }
    if (again) later(DAY_S, day);
  };
  day();
  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
}
