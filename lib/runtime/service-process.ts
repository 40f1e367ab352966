import { EMPTY_ALLOW_LIST, loadAllowList } from "@/lib/actions/service/allow-list";
import { realOperator } from "@/lib/actions/service/index";
import { chainOf, MODEL_ROLES, type ModelSettings, modelSettings } from "@/lib/agents/models";
import { getDb } from "@/lib/db/client";
import { childEnv, type Env, env } from "@/lib/env";
import { createEmbedder } from "@/lib/evidence/embedding";
import { pushedLogs } from "@/lib/evidence/logs-pushed";
import { loadRunbooks } from "@/lib/evidence/runbooks";
import { log } from "@/lib/log";
import { type ServiceConfig, serviceConfig } from "@/lib/config/services";
import { noteSource } from "@/lib/ingest/note-source";
import { loadServicesFile } from "@/lib/ingest/services-file";
import { kubernetesOf, logSourcesOf, prometheusOf } from "./sources";
import { serviceTurn, type TurnReport } from "./service-turn";
import { freshMind, type ServiceMind, type World } from "@/lib/response/services/world";

/** Questions a minute that watching may ask: six signals of a few kinds of label, every second in the demo. */
const WATCH_PER_MINUTE = 1_200;
/** Services that one question of watching may be answered for. */
const WATCH_SERIES = 10_000;
/** Rest between two turns, in ms: an approval is acted on within this, a look at the signals happens when it is due. */
const TURN_MS = 1_000;
/** Runbooks and the services' file are read anew so often, in ms: people edit them while it runs. */
const FILES_MS = 60_000;

interface Process {
  world: Promise<World> | null;
  mind: ServiceMind;
  timer: NodeJS.Timeout | null;
  running: Promise<TurnReport> | null;
  again: boolean;
  stopped: boolean;
  filesAt: number;
  /** What the services' file says of signals, as it was last read. */
  overrides: ServiceConfig["overrides"];
}

/** One Next process holds several copies of this module: they share one. */
const state = (): Process => {
  const global = globalThis as unknown as Record<symbol, Process>;
  return (global[Symbol.for("sentinel.services")] ??= {
    world: null,
    mind: freshMind(),
    timer: null,
    running: null,
    again: false,
    stopped: false,
    filesAt: 0,
    overrides: new Map(),
  });
};

/** What this process can reach, from its environment. Throws for an allow-list that is not valid: a wrong one must not half work. */
export const processWorld = (): Promise<World> => (state().world ??= createWorld(env()));

/** The same from an environment that is given. */
export async function createWorld(e: Env): Promise<World> {
  const means = { secrets: { default: e.SENTINEL_WEBHOOK_SECRET }, github: Boolean(e.GITHUB_TOKEN) };
  const settings = modelSettings(e);
  const logs = logSourcesOf(e);
  return {
    prometheus: prometheusOf(e),
    watched: prometheusOf(e, { gate: { perMinute: WATCH_PER_MINUTE }, maxSeries: WATCH_SERIES }),
    logs: (db) => [pushedLogs(db), ...logs],
    kubernetes: kubernetesOf(e),
    allowList: e.SENTINEL_ACTIONS_FILE ? await loadAllowList(e.SENTINEL_ACTIONS_FILE, means) : EMPTY_ALLOW_LIST,
    operator: realOperator({
      env: childEnv({}),
      github: e.GITHUB_TOKEN ? { api: e.GITHUB_API_URL, token: e.GITHUB_TOKEN } : null,
      now: Date.now,
    }),
    chains: chainsOf(settings),
    embedder:
      e.SENTINEL_EMBEDDING_URL && e.SENTINEL_EMBEDDING_MODEL
        ? createEmbedder(
            {
              source: "embeddings",
              url: e.SENTINEL_EMBEDDING_URL,
              model: e.SENTINEL_EMBEDDING_MODEL,
              ...(e.SENTINEL_EMBEDDING_KEY
                ? { auth: { kind: "bearer" as const, token: e.SENTINEL_EMBEDDING_KEY } }
                : {}),
            },
            { fetch, now: Date.now },
          )
        : null,
  };
}

/** The models of each role; one that is named and cannot be asked is told of once, here. */
function chainsOf(settings: ModelSettings): World["chains"] {
  return Object.fromEntries(
    MODEL_ROLES.map((role) => {
      const chain = chainOf(role, settings);
      if (chain.missing.length > 0)
        log().warn({ role, missing: chain.missing }, "models without a key or an address are not asked");
      return [role, chain];
    }),
  );
}

/** One turn of the loop over services now, or right after the one that is under way. At most one at a time in this process. */
export async function runServiceTurn(): Promise<TurnReport> {
  const s = state();
  if (s.running) {
    s.again = true;
    return s.running;
  }
  s.running = (async () => {
    let report: TurnReport;
    do {
      s.again = false;
      const [db, world] = await Promise.all([getDb(), processWorld()]);
      if (Date.now() - s.filesAt >= FILES_MS) {
        s.filesAt = Date.now();
        await readFiles();
      }
      report = await serviceTurn({
        db,
        world,
        config: serviceConfig(s.overrides),
        mind: s.mind,
        clock: Date.now,
        wake: wakeServices,
      });
    } while (s.again && !s.stopped);
    return report;
  })();
  try {
    return await s.running;
  } finally {
    s.running = null;
  }
}

/** A serverless platform ends a request after this at the latest, in ms; what is not done by then is taken up by the next turn. */
const SETTLE_MS = 45_000;

/** Waits for the investigations and operations that are under way, and takes the turns that their ends ask for. */
export async function settleServices(): Promise<void> {
  const s = state();
  const deadline = Date.now() + SETTLE_MS;
  while (s.mind.pending.size > 0 && Date.now() < deadline) {
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise((resolve) => (timer = setTimeout(resolve, deadline - Date.now())));
    await Promise.race([Promise.all(s.mind.pending), timeUp]);
    clearTimeout(timer);
    await runServiceTurn();
  }
}

/** Another turn soon, without waiting for it, where this process takes turns at all. */
export function wakeServices(): void {
  const s = state();
  if (s.timer === null || s.stopped) return;
  if (s.running) s.again = true;
  else setImmediate(turn);
}

function turn(): void {
  const s = state();
  if (s.stopped || s.running) return;
  void runServiceTurn().catch((err: unknown) => log().error({ err }, "a turn over services failed"));
}

/** Takes turns until stopped. */
export function startServices(): void {
  const s = state();
  s.stopped = false;
  s.timer ??= setInterval(turn, TURN_MS);
  turn();
}

/** Stops: waits for the turn under way, not for investigations and operations: they are taken up again, or measured. */
export async function stopServices(): Promise<void> {
  const s = state();
  s.stopped = true;
  if (s.timer) clearInterval(s.timer);
  s.timer = null;
  for (const abort of s.mind.investigating.values()) abort.abort();
  await s.running?.catch(() => undefined);
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
