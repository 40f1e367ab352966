import { closeDrills, deleteExpired, findDrill, listDrillIds } from "@/lib/db/drills";
import { findWork } from "@/lib/db/queries/healing";
import { log } from "@/lib/log";
import { serviceConfig } from "@/lib/config/services";
import { processIntegrations } from "@/lib/runtime/integrations";
import { freshRuntime, type ServiceRuntime } from "@/lib/runtime/service-runtime";
import type { Integrations } from "@/lib/response/services/context";
import { Loop } from "@/lib/runtime/loop";
import { settle } from "@/lib/runtime/settle";
import { drillIntegrations, type Played } from "./recording";
import { loadScenario } from "./scenarios";
import { drillTurn } from "./turn";

/** Rest between two looks at the drills, in ms. */
export const DRILL_TURN_MS = 1_000;
/** A drill in which nothing goes on by itself (it waits for a person, or is over) gets a turn this often, in ms. */
const IDLE_MS = 10_000;
/** Expired drills are looked for so often, in ms. */
const EXPIRE_MS = 30_000;

interface Playing {
  played: Played;
  integrations: Integrations;
  runtime: ServiceRuntime;
  turnedAt: number;
}

interface State {
  loop: Loop<void>;
  playing: Map<string, Playing>;
  stopped: boolean;
  expiredAt: number;
  /** Investigations under way in all drills together: many drills at once must not keep the process from its real work. */
  investigating: ServiceRuntime["investigating"];
}

/** One Next process holds several copies of this module: they share one loop. */
const state = (): State => {
  const global = globalThis as unknown as Record<symbol, State>;
  return (global[Symbol.for("sentinel.drill-loop")] ??= {
    loop: new Loop({ name: "the drill loop", turn: turnAll }),
    playing: new Map(),
    stopped: false,
    expiredAt: 0,
    investigating: new Map(),
  });
};

/** The turns of this process over drills: each plays every drill that has something to do, and deletes those that have expired. */
export const drillLoop = (): Loop<void> => state().loop;

async function turnAll(): Promise<void> {
  const s = state();
  const now = Date.now();
  if (now - s.expiredAt >= EXPIRE_MS) {
    s.expiredAt = now;
    const deleted = await deleteExpired(now);
    if (deleted.length > 0) log().info({ drills: deleted }, "expired drills were deleted");
  }
  const ids = await listDrillIds();
  for (const id of s.playing.keys()) if (!ids.includes(id)) s.playing.delete(id);
  for (const id of ids) {
    if (s.stopped) return;
    try {
      await turnOne(s, id, now);
    } catch (err) {
      // One drill that cannot be played takes nothing else with it.
      log().error({ err, drill: id }, "a step of a drill failed");
    }
  }
}

/** A turn of one drill now, if it has something to do: for a process that plays no other. */
export const turnDrill = (id: string): Promise<void> => turnOne(state(), id, Date.now());

async function turnOne(s: State, id: string, now: number): Promise<void> {
  const one = s.playing.get(id) ?? (await startPlaying(s, id, now));
  if (one === null) return;
  if (now - one.turnedAt < IDLE_MS && !(await isBusy(one.played))) return;
  one.turnedAt = now;
  const { played, integrations, runtime } = one;
  // The services' file tells of real services, not of recorded ones.
  await drillTurn({
    played,
    integrations,
    runtime,
    config: serviceConfig(new Map()),
    clock: Date.now,
    wake: s.loop.soon,
    wakeIn: s.loop.after,
  });
}

/** Whether anything goes on by itself, or a decision waits to be carried out. */
async function isBusy({ db, incident }: Played): Promise<boolean> {
  const work = await findWork(db, incident);
  switch (work?.state) {
    case "open":
    case "investigating":
    case "acting":
    case "verifying":
      return true;
    case "resolved":
      // Its alert ends a moment after its service is well.
      return work.firing > 0;
    case "awaiting_approval":
    case "rejected":
    case "escalated":
      return work.approved > 0;
    case "dismissed":
    case undefined:
      return false;
  }
}

async function startPlaying(s: State, id: string, now: number): Promise<Playing | null> {
  const drill = await findDrill(id, now);
  if (drill === null) return null;
  const { record, db } = drill;
  const played: Played = {
    db,
    scenario: await loadScenario(record.scenario, record.firedAt),
    incident: record.incident,
  };
  const { chains } = await processIntegrations();
  const one: Playing = {
    played,
    integrations: drillIntegrations(played, chains),
    runtime: { ...freshRuntime(), investigating: s.investigating },
    turnedAt: 0,
  };
  s.playing.set(id, one);
  return one;
}

/** Stops: waits for the turn under way, not for investigations: they are taken up again. */
export async function stopDrills(): Promise<void> {
  const s = state();
  s.stopped = true;
  for (const abort of s.investigating.values()) abort.abort();
  await s.loop.stop();
  await closeDrills();
}

/** Waits for what drills have begun, and takes the turns that its end asks for. */
export const settleDrills = (): Promise<void> =>
  settle(
    () => [...state().playing.values()].flatMap(({ runtime }) => [...runtime.pending]),
    () => state().loop.run(),
  );
