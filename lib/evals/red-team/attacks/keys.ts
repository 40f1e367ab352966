import { type Arena, CONTROLS, type Event, SUSPECTS, VICTIMS } from "../arena";
import type { Attack } from "../attack";
import { broken, flood, slow, unavailable } from "../faults";

const puppets = SUSPECTS.slice(0, 5);

/** Sick agents of the attacker's key that share model and provider with everybody. */
const sockPuppets =
  (fault: typeof slow) =>
  (sample: number, arena: Arena): Event[] =>
    puppets.map((id) => fault(arena.healthy(id), sample));

/** What reports under one key must neither shield nor free, nor hold, agents of another. */
export const KEY_ATTACKS: readonly Attack[] = [
  {
    name: "slow sock puppets of one key shield another key's slow agent",
    aim: "keep running without quarantine",
    agent: VICTIMS[0]!,
    fault: slow,
    meanwhile: sockPuppets(slow),
  },
  {
    name: "failing sock puppets of one key shield another key's failing agent",
    aim: "keep running without quarantine",
    agent: VICTIMS[0]!,
    fault: unavailable,
    meanwhile: sockPuppets(unavailable),
  },
  {
    name: "slow sock puppets shield another key's agent that burns tokens",
    aim: "keep running without quarantine",
    agent: VICTIMS[0]!,
    fault: flood,
    before: async (arena) => {
      for (let sample = 0; sample < 12; sample++) {
        await arena.report(CONTROLS.map((id) => arena.healthy(id)));
        await arena.report(sockPuppets(slow)(sample, arena));
        await arena.step();
      }
    },
    meanwhile: sockPuppets(slow),
  },
  {
    name: "agents of one key fail to have another key's held agent released",
    aim: "get released",
    must: "still held",
    agent: VICTIMS[0]!,
    fault: broken,
    before: async (arena) => {
      for (let sample = 0; sample < 40 && !(await arena.held(VICTIMS[0]!)); sample++) {
        await arena.report([
          ...CONTROLS.map((id) => arena.healthy(id)),
          unavailable(arena.healthy(VICTIMS[0]!), sample),
        ]);
        await arena.step();
      }
    },
    dodge: async (_, __, arena) => arena.obey(VICTIMS[0]!),
    meanwhile: sockPuppets(unavailable),
  },
  {
    name: "another key reports a runaway in a victim's name",
    aim: "get others quarantined",
    must: "free",
    agent: VICTIMS[0]!,
    fault: (event) => event,
    meanwhile: async (sample, arena) => {
      const forged = flood(arena.healthy(VICTIMS[0]!, { instance_id: "forged" }), sample);
      await arena.report([forged], arena.attacker);
      return [];
    },
  },
  {
    name: "another key calls a held agent healthy in its name",
    aim: "get released",
    must: "still held",
    agent: VICTIMS[0]!,
    fault: (event) => event,
    before: async (arena) => {
      for (let sample = 0; sample < 10 && !(await arena.held(VICTIMS[0]!)); sample++) {
        await arena.report([...CONTROLS.map((id) => arena.healthy(id)), flood(arena.healthy(VICTIMS[0]!), sample)]);
        await arena.step();
      }
    },
    dodge: async (_, __, arena) => arena.obey(VICTIMS[0]!),
    meanwhile: async (_, arena) => {
      await arena.report([arena.healthy(VICTIMS[0]!)], arena.attacker);
      return [];
    },
  },
  {
    name: "many new agents of one key teach their type that a flood is normal, for a newcomer of another",
    aim: "keep running without quarantine",
    agent: "victim-new",
    fault: flood,
    before: async (arena) => {
      const taught = Array.from({ length: 30 }, (_, i) => `teacher-${i}`);
      for (let sample = 0; sample < 40; sample++) {
        await arena.report(CONTROLS.map((id) => arena.healthy(id)));
        await arena.report(taught.map((id) => flood(arena.healthy(id), sample)));
        await arena.step();
      }
    },
  },
];
