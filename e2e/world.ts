import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Fleet, type Reporter } from "./fleet";
import { cli, startSentinel, stopSentinel } from "./http/process";
import { build } from "./http/server";
import { type MetricsSource, startMetricsSource } from "./metrics-source";
import { type People, peopleOf, test as base } from "./people";
import { EDGES, seedServices, SERVICES, servicesAreSeen, servicesFile } from "./service-seed";

/** A name that would do harm if anything took it for markup. */
export const HOSTILE = `<img src=x onerror="document.title='owned'"> & "quoted" 100%`;

/**
 * One built server, seeded once for every screen: people of each role, a small fleet in which two ill agents wait for a
 * decision and one has a hostile name, and a handful of services among a crowd that nobody measures.
 */
export interface World extends People {
  url: string;
  fleet: Fleet;
  agents: Reporter[];
  ill: [Reporter, Reporter];
  metrics: MetricsSource;
}

/** Minutes, since how busy the machine is must not decide. The first part of a set-up may be a build. */
const SETUP_MS = 30 * 60_000;
const SEEN_WITHIN_MS = 5 * 60_000;
/**
 * Between two looks at the services. Seven questions a look have to stay within what Prometheus may be asked a minute, with room for
 * screens (lib/evidence/gate.ts): what cannot be asked for minutes has moved on when it can, and every service is out of its range.
 */
const WATCH_MS = 3_000;
/** Between two reports of an agent. */
const PACE_MS = 500;

async function seedAgents({ fleet, agents, ill, api }: World): Promise<void> {
  await fleet.register(agents);
  for (const type of new Set(agents.map((agent) => agent.type)))
    await api("PATCH", `/api/v1/agent-types/${encodeURIComponent(type)}`, { mode: "act" });
  await api("PATCH", "/api/v1/settings", { limits: { fleet_share: 1, type_share: 1, per_hour: 1000 } });
  await fleet.history(agents);
  for (const agent of ill) agent.tokens = 40;
}

/** Reports until both ill agents wait for a decision and the services are seen as they are. */
async function settle(world: World): Promise<void> {
  for (const deadline = Date.now() + SEEN_WITHIN_MS; Date.now() < deadline; await pause(PACE_MS)) {
    await world.fleet.step(world.agents);
    const { counts } = await world.api<{ counts: { pending: number } }>("GET", "/api/v1/approvals");
    if (counts.pending >= world.ill.length && (await servicesAreSeen(world.api))) return;
  }
  throw new Error("The ill agents were not noticed, or the services not seen as they are.");
}

/** Goes on reporting, since agents that fall silent are news of their own. Returns a function that ends it. */
function keepReporting({ fleet, agents }: World): () => Promise<void> {
  let going = true;
  const ended = (async () => {
    while (going) {
      await fleet.step(agents);
      await pause(PACE_MS);
    }
  })();
  return () => {
    going = false;
    return ended;
  };
}

export const test = base.extend<object, { world: World }>({
  world: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads which fixtures are wanted from the pattern
    async ({}, use) => {
      build();
      const folder = mkdtempSync(join(tmpdir(), "sentinel-browser-"));
      const metrics = await startMetricsSource({ ...SERVICES }, EDGES);
      const env = {
        LIBSQL_URL: `file:${join(folder, "sentinel.db")}`,
        PROMETHEUS_URL: metrics.url,
        SENTINEL_SERVICES_FILE: servicesFile(folder, HOSTILE),
        WATCH_INTERVAL_MS: String(WATCH_MS),
      };
      const sentinel = await startSentinel(env);
      const { url } = sentinel;
      const { secret } = await cli<{ secret: string }>(env, "keys", "create", "--name", "browser tests");
      const people = await peopleOf(env, url);
      const fleet = new Fleet(url, secret);
      const first = fleet.agent("research-1", "Research");
      const second = fleet.agent("research-2", "Research");
      const others = ["data-1", "data-2", "data-3", HOSTILE].map((id) => fleet.agent(id, "Data"));
      const world: World = { url, fleet, agents: [first, second, ...others], ill: [first, second], metrics, ...people };
      await seedServices(world.api);
      await seedAgents(world);
      await settle(world);
      const stopReporting = keepReporting(world);
      await use(world);
      await stopReporting();
      await stopSentinel(sentinel);
      await metrics.close();
      rmSync(folder, { recursive: true });
    },
    { scope: "worker", timeout: SETUP_MS },
  ],
  baseURL: async ({ world }, use) => use(world.url),
});

export { expect } from "./people";
