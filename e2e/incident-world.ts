import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { cli, startSentinel, stopSentinel } from "./http/process";
import { build } from "./http/server";
import { type People, peopleOf, test as base } from "./people";
import { startRecordedMetrics, tell, writeServicesFile } from "./recording";

export interface Incident {
  id: string;
  kind: string;
  state: string;
  title: string;
}

/** The built server with an allow-list of harmless operations, and one recorded incident of services that waits for a decision. */
export interface ServiceWorld extends People {
  url: string;
  incident: Incident;
  /** A recorded incident of other services, not told yet. */
  another: string;
  /** Tells a recorded incident as a real one, and waits until it is investigated. */
  fire: (scenario: string) => Promise<Incident>;
  /** Waits until an incident is in one of these states. */
  until: (id: string, ...states: string[]) => Promise<Incident>;
}

const SETUP_MS = 15 * 60_000;
const INVESTIGATED_MS = 5 * 60_000;
const LOOK_MS = 200;

/** Says what it would restart, and does nothing. One of its arguments has a blank in it, so that the screen has to show where it ends. */
const say = (name: string, title: string, remedies: string[]) => ({
  kind: "command",
  name,
  title,
  services: ["*"],
  remedies,
  risk: "reversible",
  blast_radius: "{service} answers slower for some seconds",
  argv: ["/bin/echo", name, "--reason", "asked by a person", "{service}"],
  dry_run: ["/bin/echo", "would", name, "{service}"],
});
const OPERATIONS = [
  say("restart", "Restart", ["crash", "memory_leak", "silent", "resource_exhaustion", "slow", "failing", "overload"]),
  say("roll-back", "Roll back", ["deploy_regression", "config_regression"]),
  say("drain", "Drain", ["dependency_failure"]),
];

/** Recorded incidents of two estates; those of one estate would join each other's. */
const ESTATES = ["bad-deploy-01", "config-02"] as const;

/**
 * The first recorded incident that ends in a proposal, if any can: which one does is the analysis' affair, not the screens'. Without operations
 * the first.
 */
async function proposing(world: Pick<ServiceWorld, "fire">, any: boolean): Promise<[Incident, another: string]> {
  for (const [index, scenario] of ESTATES.entries()) {
    const incident = await world.fire(scenario);
    if (!any || incident.state === "awaiting_approval") return [incident, ESTATES[index + 1] ?? "db-pool-02"];
  }
  throw new Error("No recorded incident ended in a proposal");
}

export const test = base.extend<object, { operations: readonly object[]; world: ServiceWorld }>({
  operations: [OPERATIONS, { scope: "worker", option: true }],
  world: [
    async ({ operations }, use) => {
      build();
      const folder = mkdtempSync(join(tmpdir(), "sentinel-services-"));
      const actions = join(folder, "actions.json");
      writeFileSync(actions, JSON.stringify({ operations }));
      const map = join(folder, "services.json");
      writeServicesFile(map, ESTATES);
      const metrics = await startRecordedMetrics();
      const env = {
        LIBSQL_URL: `file:${join(folder, "sentinel.db")}`,
        SENTINEL_ACTIONS_FILE: actions,
        SENTINEL_SERVICES_FILE: map,
        PROMETHEUS_URL: metrics.url,
        ALERT_GROUP_WAIT_MS: "0",
      };
      const sentinel = await startSentinel(env);
      const { url } = sentinel;
      const people = await peopleOf(env, url);
      const { secret: key } = await cli<{ secret: string }>(env, "keys", "create", "--name", "tests", "--scopes", "events,changes,logs", "--services", "*"); // prettier-ignore
      const { token: alertmanager } = await people.api<{ token: string }>("POST", "/api/v1/alert-sources", {
        kind: "alertmanager",
      });
      const world: Omit<ServiceWorld, "incident" | "another"> = {
        url,
        ...people,
        until: async (id, ...states) => {
          const deadline = Date.now() + INVESTIGATED_MS;
          for (;;) {
            const { incident } = await world.api<{ incident: Incident }>("GET", `/api/v1/incidents/${id}`);
            if (states.includes(incident.state)) return incident;
            if (Date.now() > deadline)
              throw new Error(`Incident ${id} is ${incident.state}, not ${states.join(" or ")}`);
            await pause(LOOK_MS);
          }
        },
        fire: async (scenario) => {
          await tell(scenario, world.api, { key, alertmanager }, metrics);
          const { incidents } = await world.api<{ incidents: Incident[] }>("GET", "/api/v1/incidents?limit=1");
          return world.until(incidents[0]!.id, "awaiting_approval", "escalated");
        },
      };
      const [incident, another] = await proposing(world, operations.length > 0);
      await use({ ...world, incident, another });
      await stopSentinel(sentinel);
      await metrics.close();
      rmSync(folder, { recursive: true });
    },
    { scope: "worker", timeout: SETUP_MS },
  ],
  baseURL: async ({ world }, use) => use(world.url),
});

export { expect } from "./people";
