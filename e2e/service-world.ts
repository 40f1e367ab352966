import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startSentinel, stopSentinel } from "./http/process";
import { build } from "./http/server";
import { type MetricsSource, startMetricsSource } from "./metrics-source";
import { type People, peopleOf, test as base } from "./people";

/** A name that would do harm if anything took it for markup. */
export const HOSTILE = `<img src=x onerror="document.title='owned'"> & "quoted" 100%`;
/** Services that only a file names: nobody measures them. */
export const CROWD = 500;

/** The built server that watches a handful of services: `payments` burns CPU, `db` is down, the others are well, and a crowd is unknown. */
export interface ServiceWorld extends People {
  url: string;
  metrics: MetricsSource;
}

const SETUP_MS = 15 * 60_000;
const SETTLE_TRIES = 120;
const PACE_MS = 500;

const EDGES: [string, string][] = [
  ["web", "checkout"],
  ["web", "search"],
  ["checkout", "payments"],
  ["checkout", "inventory"],
  ["inventory", "db"],
  ["payments", "db"],
];

const crowd = (index: number) => `crowd-${String(index).padStart(3, "0")}`;

function servicesFile(folder: string): string {
  const path = join(folder, "services.json");
  const services = [
    { id: "payments", owner: "Team Money" },
    { id: "checkout", owner: "Team Shop" },
    { id: HOSTILE },
    ...Array.from({ length: CROWD }, (_, index) => ({
      id: crowd(index),
      owner: "Team Crowd",
      // A tree of calls, ten to each.
      depends_on: Array.from({ length: 10 }, (_each, child) => index * 10 + child + 1)
        .filter((child) => child < CROWD)
        .map(crowd),
    })),
  ];
  writeFileSync(path, JSON.stringify({ services }));
  return path;
}

interface Listed {
  services: { id: string; state: string; incident_id: string | null }[];
}

async function settle({ api }: ServiceWorld): Promise<void> {
  const wanted = { payments: "degraded", db: "down", web: "healthy", search: "healthy", [crowd(0)]: "unknown" };
  let last: Listed = { services: [] };
  for (let tries = 0; tries < SETTLE_TRIES; tries++) {
    last = await api<Listed>("GET", "/api/v1/services");
    const states = new Map(last.services.map(({ id, state }) => [id, state]));
    const opened = last.services.some(({ id, incident_id }) => id === "payments" && incident_id !== null);
    if (opened && Object.entries(wanted).every(([id, state]) => states.get(id) === state)) return;
    await pause(PACE_MS);
  }
  const seen = last.services.filter(({ id }) => id in wanted).map(({ id, state }) => `${id} ${state}`);
  throw new Error(`The services were not seen as they are: ${seen.join(", ")}`);
}

async function tell({ api }: ServiceWorld): Promise<void> {
  await api("POST", "/api/v1/changes", {
    subject_kind: "service",
    subject_id: "payments",
    kind: "deploy",
    from: "2.3.0",
    to: "2.4.0",
    note: "new retry policy",
    at: new Date(Date.now() - 10 * 60_000).toISOString(),
  });
  await api("POST", "/api/v1/changes", {
    subject_kind: "service",
    subject_id: "search",
    kind: "config",
    note: "cache of 5 minutes",
    at: new Date(Date.now() - 3 * 3_600_000).toISOString(),
  });
  const { token } = await api<{ token: string }>("POST", "/api/v1/alert-sources", { kind: "generic" });
  const alert = { id: "a1", name: "CheckoutFails", service: "checkout", severity: "critical", summary: "Orders fail" };
  // Told three times, it is one alert that counts.
  for (let times = 0; times < 3; times++) await api("POST", "/api/v1/alerts/generic", alert, token);
}

export const test = base.extend<object, { world: ServiceWorld }>({
  world: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads which fixtures are wanted from the pattern
    async ({}, use) => {
      build();
      const folder = mkdtempSync(join(tmpdir(), "sentinel-services-"));
      const services = {
        web: {},
        checkout: {},
        search: {},
        inventory: {},
        payments: { cpu: 0.93 },
        db: { up: 0 as const },
      };
      const metrics = await startMetricsSource(services, EDGES);
      const env = {
        LIBSQL_URL: `file:${join(folder, "sentinel.db")}`,
        PROMETHEUS_URL: metrics.url,
        SENTINEL_SERVICES_FILE: servicesFile(folder),
        WATCH_INTERVAL_MS: "1000",
      };
      const sentinel = await startSentinel(env);
      const { url } = sentinel;
      const people = await peopleOf(env, url);
      const world: ServiceWorld = {
        url,
        metrics,
        ...people,
      };
      await tell(world);
      await settle(world);
      await use(world);
      await stopSentinel(sentinel);
      await metrics.close();
      rmSync(folder, { recursive: true });
    },
    { scope: "worker", timeout: SETUP_MS },
  ],
  baseURL: async ({ world }, use) => use(world.url),
});

export { expect } from "./people";
