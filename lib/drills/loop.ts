import { eq, sql } from "drizzle-orm";
import { closeDrills, deleteExpired, findDrill, listDrillIds } from "@/lib/db/drills";
import { incidents } from "@/lib/db/schema";
import { log } from "@/lib/log";
import { serviceConfig } from "@/lib/config/services";
import { processWorld } from "@/lib/runtime/service-process";
import { freshMind, type ServiceMind, type World } from "@/lib/response/services/world";
import { drillWorld, type Played } from "./recording";
import { loadScenario } from "./scenarios";
import { drillTurn } from "./turn";

/** Rest between two looks at the drills, in ms. */
const LOOK_MS = 1_000;
/** A drill in which nothing goes on by itself (it waits for a person, or is over) gets a turn this often, in ms. */
const IDLE_MS = 10_000;
/** Expired drills are looked for so often, in ms. */
const EXPIRE_MS = 30_000;
/** A caller that waits for what drills have begun waits no longer than this, in ms. */
const SETTLE_MS = 45_000;

interface Playing {
  played: Played;
  world: World;
  mind: ServiceMind;
  turnedAt: number;
}

interface Loop {
  playing: Map<string, Playing>;
  timer: NodeJS.Timeout | null;
  running: Promise<void> | null;
  again: boolean;
  stopped: boolean;
  expiredAt: number;
  /** Investigations under way in all drills together: many drills at once must not keep the process from its real work. */
  investigating: ServiceMind["investigating"];
}

/** One Next process holds several copies of this module: they share one loop. */
const state = (): Loop => {
  const global = globalThis as unknown as Record<symbol, Loop>;
  return (global[Symbol.for("sentinel.drill-loop")] ??= {
    playing: new Map(),
    timer: null,
    running: null,
    again: false,
    stopped: false,
    expiredAt: 0,
    investigating: new Map(),
  });
};

/** One turn of every drill that has something to do, now or right after the one under way; expired drills are deleted. */
export async function turnDrills(): Promise<void> {
  const s = state();
  if (s.running) {
    s.again = true;
    return s.running;
  }
  s.running = (async () => {
    do {
      s.again = false;
      await turnAll(s);
    } while (s.again && !s.stopped);
  })();
  try {
    await s.running;
  } finally {
    s.running = null;
  }
}

async function turnAll(s: Loop): Promise<void> {
  const now = Date.now();
  if (now - s.expiredAt >= EXPIRE_MS) {
    s.expiredAt = now;
    const deleted = await deleteExpired(now);
    if (deleted.length > 0) log().info({ drills: deleted }, "drills whose time was over were deleted");
  }
  const ids = await listDrillIds();
  for (const id of s.playing.keys()) if (!ids.includes(id)) s.playing.delete(id);
  for (const id of ids) {
    if (s.stopped) return;
    try {
      await turnOne(s, id, now);
    } catch (err) {
      // One drill that cannot be played takes nothing else with it.
      log().error({ err, drill: id }, "a turn of a drill failed");
    }
  }
}

/** A turn of one drill now, if it has something to do: for a process that plays no other. */
export const turnDrill = (id: string): Promise<void> => turnOne(state(), id, Date.now());

async function turnOne(s: Loop, id: string, now: number): Promise<void> {
  const one = s.playing.get(id) ?? (await startPlaying(s, id, now));
  if (one === null) return;
  if (now - one.turnedAt < IDLE_MS && !(await isBusy(one.played))) return;
  one.turnedAt = now;
  const { played, world, mind } = one;
  // The services' file tells of real services, not of recorded ones.
  await drillTurn({ played, world, mind, config: serviceConfig(new Map()), clock: Date.now, wake: wakeDrills });
}

/** Whether anything goes on by itself, or a decision waits to be carried out. */
async function isBusy({ db, incident }: Played): Promise<boolean> {
  const [row] = await db
    .select({
      state: incidents.state,
      approved: sql<number>`(SELECT count(*) FROM proposals WHERE state = 'approved')`,
      firing: sql<number>`(SELECT count(*) FROM alerts WHERE ends_at IS NULL)`,
    })
    .from(incidents)
    .where(eq(incidents.id, incident));
  switch (row?.state) {
    case "open":
    case "investigating":
    case "acting":
    case "verifying":
      return true;
    case "resolved":
      // Its alert ends a moment after its service is well.
      return row.firing > 0;
    case "awaiting_approval":
    case "rejected":
    case "escalated":
      return row.approved > 0;
    case "dismissed":
    case undefined:
      return false;
  }
}

async function startPlaying(s: Loop, id: string, now: number): Promise<Playing | null> {
  const drill = await findDrill(id, now);
  if (drill === null) return null;
  const { record, db } = drill;
  const played: Played = {
    db,
    scenario: await loadScenario(record.scenario, record.firedAt),
    incident: record.incident,
  };
  const { chains } = await processWorld();
  const one: Playing = {
    played,
    world: drillWorld(played, chains),
    mind: { ...freshMind(), investigating: s.investigating },
    turnedAt: 0,
  };
  s.playing.set(id, one);
  return one;
}

/** Another turn soon, without waiting for it, where this process plays drills at all. */
export function wakeDrills(): void {
  const s = state();
  if (s.timer === null || s.stopped) return;
  if (s.running) s.again = true;
  else setImmediate(turn);
}

function turn(): void {
  const s = state();
  if (s.stopped || s.running) return;
  void turnDrills().catch((err: unknown) => log().error({ err }, "the drills could not be played"));
}

/** Plays drills until stopped. */
export function startDrills(): void {
  const s = state();
  s.stopped = false;
  s.timer ??= setInterval(turn, LOOK_MS);
  turn();
}

/** Stops: waits for the turn under way, not for investigations: they are taken up again. */
export async function stopDrills(): Promise<void> {
  const s = state();
  s.stopped = true;
  if (s.timer) clearInterval(s.timer);
  s.timer = null;
  for (const abort of s.investigating.values()) abort.abort();
  await s.running?.catch(() => undefined);
  await closeDrills();
}

/** Waits for what drills have begun, at most 45 s: for a process that may not live on, and for commands. */
export async function settleDrills(): Promise<void> {
  const deadline = Date.now() + SETTLE_MS;
  const pending = () => [...state().playing.values()].flatMap(({ mind }) => [...mind.pending]);
  while (pending().length > 0 && Date.now() < deadline) {
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise((resolve) => (timer = setTimeout(resolve, deadline - Date.now())));
    await Promise.race([Promise.all(pending()), timeUp]);
    clearTimeout(timer);
  }
}
