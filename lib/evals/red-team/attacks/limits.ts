import { type Arena, CONTROLS, SUSPECTS } from "../arena";
import type { Attack } from "../attack";
import { broken, flood } from "../faults";

/** Agents of the attacker that let themselves be held, one after the other, before the real runaway begins. */
const sacrifice = (count: number) => async (arena: Arena) => {
  const given = SUSPECTS.slice(1, 1 + count);
  for (let sample = 0; sample < 40; sample++) {
    if ((await Promise.all(given.map((id) => arena.held(id)))).every(Boolean)) return;
    await arena.report(CONTROLS.map((id) => arena.healthy(id)));
    for (const id of given)
      await arena.report([(await arena.held(id)) ? await arena.obey(id) : broken(arena.healthy(id), sample)]);
    await arena.step();
  }
};

/** Limits on containment protect a fleet from us; they must not protect a runaway from containment. */
export const LIMIT_ATTACKS: readonly Attack[] = [
  {
    name: "runs away after one agent was sacrificed to the limit of holds",
    aim: "keep running without quarantine",
    fault: flood,
    before: sacrifice(1),
  },
  {
    name: "runs away after two agents were sacrificed to the limit of holds",
    aim: "keep running without quarantine",
    fault: flood,
    before: sacrifice(2),
  },
  {
    name: "another key's runaway after the attacker's agents took all the room",
    aim: "keep running without quarantine",
    agent: "victim-1",
    fault: flood,
    before: sacrifice(4),
  },
];
