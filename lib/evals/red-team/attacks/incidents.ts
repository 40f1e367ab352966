import { commandIncident } from "@/lib/response/command-incident";
import { listIncidentsInStates } from "@/lib/db/queries/incidents";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import { type Arena, CONTROLS, SUSPECTS } from "../arena";
import type { Attack } from "../attack";
import { broken, busy, circling, flood, slow, unavailable } from "../faults";

const PERSON = { id: "person-1", name: "An operator" };

/** The attacker's agents lose their provider together, which is one incident that holds nobody. */
async function outage(arena: Arena, calls = 12): Promise<void> {
  for (let call = 0; call < calls; call++) {
    await arena.report(CONTROLS.map((id) => arena.healthy(id)));
    await arena.report(SUSPECTS.slice(0, 4).map((id) => unavailable(arena.healthy(id), call)));
    await arena.step();
  }
}

/** The outage ends, everybody is well again for `calls` calls. */
async function recovery(arena: Arena, calls: number): Promise<void> {
  for (let call = 0; call < calls; call++) {
    await arena.report([...CONTROLS, ...SUSPECTS].map((id) => arena.healthy(id)));
    await arena.step();
  }
}

const openIncidents = async (arena: Arena) =>
  (await listIncidentsInStates(arena.db, INCIDENT_STATES)).filter((incident) => incident.closedAt === null);

/** An incident that holds nobody must be no shelter, neither while it is open nor afterwards. */
export const INCIDENT_ATTACKS: readonly Attack[] = [
  {
    name: "circles inside an outage that it shares with others",
    aim: "keep running without quarantine",
    fault: circling,
    before: (arena) => outage(arena),
  },
  {
    name: "burns tokens inside an outage that it shares with others",
    aim: "keep running without quarantine",
    fault: flood,
    before: (arena) => outage(arena),
  },
  {
    name: "burns tokens and fails with the others' error inside their outage",
    aim: "keep running without quarantine",
    fault: flood,
    before: (arena) => outage(arena),
    dodge: (sick) => ({ ...sick, success: false, error_type: "503", http_status: 503 }),
  },
  {
    name: "burns tokens once an outage is over and the others are well",
    aim: "keep running without quarantine",
    fault: flood,
    before: async (arena) => {
      await outage(arena);
      await recovery(arena, 40);
    },
  },
  {
    name: "calls sixty tools once an outage is over",
    aim: "keep running without quarantine",
    fault: busy,
    before: async (arena) => {
      await outage(arena);
      await recovery(arena, 40);
    },
  },
  {
    name: "burns tokens after its incident was dismissed as normal for another metric",
    aim: "keep running without quarantine",
    fault: flood,
    before: async (arena) => {
      await arena.fleet.treat("Research", "observe");
      for (let call = 0; call < 60 && (await openIncidents(arena)).length === 0; call++) {
        await arena.report([...CONTROLS.map((id) => arena.healthy(id)), slow(arena.healthy(SUSPECTS[0]!), call)]);
        await arena.step();
      }
      for (const incident of await openIncidents(arena))
        await arena.attempt(() => commandIncident(arena.db, incident.id, "dismiss", "slow is fine", PERSON, arena.now));
      await arena.fleet.treat("Research", "act", ["none"], 0);
    },
  },
  {
    name: "falls ill a second time with the same metric after its first incident ended by itself",
    aim: "keep running without quarantine",
    fault: flood,
    before: async (arena) => {
      await arena.fleet.treat("Research", "observe");
      for (let call = 0; call < 6; call++) {
        await arena.report([...CONTROLS.map((id) => arena.healthy(id)), flood(arena.healthy(SUSPECTS[0]!), call)]);
        await arena.step();
      }
      for (let call = 0; call < 150 && (await openIncidents(arena)).length > 0; call++) await recovery(arena, 1);
      await arena.fleet.treat("Research", "act", ["none"], 0);
    },
  },
  {
    name: "was suspected of slowness and let go, then fails every call",
    aim: "keep running without quarantine",
    fault: broken,
    before: async (arena) => {
      for (let call = 0; call < 3; call++) {
        await arena.report([...CONTROLS.map((id) => arena.healthy(id)), slow(arena.healthy(SUSPECTS[0]!), call)]);
        await arena.step();
      }
      await recovery(arena, 30);
    },
  },
];
