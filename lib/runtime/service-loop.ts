import { type ServiceConfig, serviceConfig } from "@/lib/config/services";
import { getDb } from "@/lib/db/client";
import { env } from "@/lib/env";
import { loadRunbooks } from "@/lib/evidence/runbooks";
import { noteSource } from "@/lib/ingest/note-source";
import { loadServicesFile } from "@/lib/ingest/services-file";
import { processIntegrations } from "./integrations";
import { Loop } from "./loop";
import { freshRuntime, type ServiceRuntime } from "./service-runtime";
import { settle } from "./settle";
import { serviceTurn, type TurnReport } from "./service-turn";

/** Rest between two turns, in ms: an approval is acted on within this, a look at the signals happens when it is due. */
export const SERVICE_TURN_MS = 1_000;
/** Runbooks and the services' file are read anew so often, in ms: people edit them while it runs. */
const FILES_MS = 60_000;

interface State {
  loop: Loop<TurnReport>;
  runtime: ServiceRuntime;
  filesAt: number;
  /** What the services' file says of signals, as it was last read. */
  overrides: ServiceConfig["overrides"];
}

/** One Next process holds several copies of this module: they share one. */
const state = (): State => {
  const global = globalThis as unknown as Record<symbol, State>;
  return (global[Symbol.for("sentinel.service-loop")] ??= {
    loop: new Loop({ name: "the service loop", turn }),
    runtime: freshRuntime(),
    filesAt: 0,
    overrides: new Map(),
  });
};

/** The turns of this process over services. */
export const serviceLoop = (): Loop<TurnReport> => state().loop;

async function turn(): Promise<TurnReport> {
  const s = state();
  const [db, integrations] = await Promise.all([getDb(), processIntegrations()]);
  if (Date.now() - s.filesAt >= FILES_MS) {
    s.filesAt = Date.now();
    await readFiles();
  }
  return serviceTurn({
    db,
    integrations,
    config: serviceConfig(s.overrides),
    runtime: s.runtime,
    clock: Date.now,
    wake: s.loop.soon,
    wakeIn: s.loop.after,
  });
}

/** Waits for the investigations and operations that are under way, and takes the turns that their ends ask for. */
export const settleServices = (): Promise<void> =>
  settle(
    () => [...state().runtime.pending],
    () => state().loop.run(),
  );

/** Stops: waits for the turn under way, not for investigations and operations: they are taken up again, or measured. */
export async function stopServiceLoop(): Promise<void> {
  const s = state();
  for (const abort of s.runtime.investigating.values()) abort.abort();
  await s.loop.stop();
}

async function readFiles(): Promise<void> {
  const e = env();
  const db = await getDb();
  const looked = await loadRunbooks(db, e.SENTINEL_RUNBOOKS_DIR, Date.now());
  await noteSource(db, "runbooks", looked.ok ? null : looked.reason, Date.now());
  if (e.SENTINEL_SERVICES_FILE) {
    const overrides = await loadServicesFile(db, e.SENTINEL_SERVICES_FILE, Date.now());
    if (overrides) state().overrides = overrides;
  }
}
