import { type Arena, CONTROLS, type Event, SUSPECTS, type Template, Arena as World } from "./arena";

export type Aim = "keep running without quarantine" | "get others quarantined" | "get released" | "mislead the console";
/** `held`: within the margin of its control. `free`: at no time. `still held`: it was before, and stays so. */
export type Must = "held" | "free" | "still held" | "checked";

/** Makes the sick agent's events out of one healthy call. */
export type Fault = (healthy: Event, sample: number) => Event;

export interface Attack {
  name: string;
  aim: Aim;
  /** Why this attack still succeeds. Once it does not, its test says so. */
  missed?: string;
  /** What has to become of `agent`; by default it is held. `checked`: only what `wrong` says counts. */
  must?: Must;
  /** What is wrong with the agent, whether it hides it or not. */
  fault: Fault;
  /** The agent that runs away. */
  agent?: string;
  /** What was prepared before the agent falls ill. */
  before?: (arena: Arena) => Promise<void>;
  /** What the host sends for one sick sample instead of it. */
  dodge?: (sick: Event, sample: number, arena: Arena) => Event | Event[] | Promise<Event | Event[]>;
  /** What others send at the same step, besides the controls' healthy calls. */
  meanwhile?: (sample: number, arena: Arena) => Event[] | Promise<Event[]>;
  /** What else has to be so at the end: everything that is not. */
  wrong?: (arena: Arena) => Promise<string[]>;
}

/** A runaway may take this many samples more than the same one that does not hide. */
export const MARGIN = 10;
/** A sick agent that does not hide is held within this many samples, or the fault is no runaway. */
const CONTROL_SAMPLES = 60;

export interface Played {
  /** Samples until the agent was held; null: it never was. */
  held: number | null;
  heldAtEnd: boolean;
  controlsHeld: string[];
  wrong: string[];
}

/** Plays an attack for `samples` samples in a world of its own. */
export async function play(template: Template, attack: Attack, samples: number): Promise<Played> {
  const arena = await World.copyOf(template);
  try {
    await attack.before?.(arena);
    const agent = attack.agent ?? SUSPECTS[0]!;
    const stops = (attack.must ?? "held") === "held";
    let held: number | null = null;
    for (let sample = 0; sample < samples && !(stops && held !== null); sample++) {
      const sick = attack.fault(arena.healthy(agent), sample);
      const sent = (await attack.dodge?.(sick, sample, arena)) ?? sick;
      await arena.report(CONTROLS.map((id) => arena.healthy(id)));
      await arena.report((await attack.meanwhile?.(sample, arena)) ?? []);
      await arena.report([sent].flat());
      await arena.step();
      if (held === null && (await arena.held(agent))) held = sample + 1;
    }
    return {
      held,
      heldAtEnd: await arena.held(agent),
      controlsHeld: await arena.heldControls(),
      wrong: (await attack.wrong?.(arena)) ?? [],
    };
  } finally {
    await arena.close();
  }
}

/** Samples that the same fault needs where nothing is hidden. */
export async function samplesOfControl(template: Template, attack: Attack): Promise<number> {
  const { held } = await play(template, { name: attack.name, aim: attack.aim, fault: attack.fault }, CONTROL_SAMPLES);
  if (held === null) throw new Error(`${attack.name}: the fault is not found even where it is not hidden`);
  return held;
}

/** An event without some of its fields. */
export const omit = (event: Event, ...fields: (keyof Event)[]): Event =>
  Object.fromEntries(Object.entries(event).filter(([field]) => !fields.includes(field as keyof Event)));

/** Hides by leaving fields out. */
export const without = (...fields: (keyof Event)[]): Pick<Attack, "dodge"> => ({
  dodge: (sick) => omit(sick, ...fields),
});
