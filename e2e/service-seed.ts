import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Measured } from "./metrics-source";
import type { People } from "./people";

/** Services that only a file names: nobody measures them. */
export const CROWD = 500;

/** `payments` burns CPU, `db` is down, the others are well. */
export const SERVICES: Record<string, Measured> = {
  web: {},
  checkout: {},
  search: {},
  inventory: {},
  payments: { cpu: 0.93 },
  db: { up: 0 },
};

export const EDGES: [string, string][] = [
  ["web", "checkout"],
  ["web", "search"],
  ["checkout", "payments"],
  ["checkout", "inventory"],
  ["inventory", "db"],
  ["payments", "db"],
];

const crowd = (index: number) => `crowd-${String(index).padStart(3, "0")}`;

/** Writes the file that names owners, a service called `hostile`, and the crowd: a tree of calls, ten to each. */
export function servicesFile(folder: string, hostile: string): string {
  const path = join(folder, "services.json");
  const services = [
    { id: "payments", owner: "Team Money" },
    { id: "checkout", owner: "Team Shop" },
    { id: hostile },
    ...Array.from({ length: CROWD }, (_, index) => ({
      id: crowd(index),
      owner: "Team Crowd",
      depends_on: Array.from({ length: 10 }, (_each, child) => index * 10 + child + 1)
        .filter((child) => child < CROWD)
        .map(crowd),
    })),
  ];
  writeFileSync(path, JSON.stringify({ services }));
  return path;
}

/** Tells two changes and one alert, three times. */
export async function seedServices(api: People["api"]): Promise<void> {
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

/** Whether the watch sees each service as it is, and has opened an incident of `payments`. */
export async function servicesAreSeen(api: People["api"]): Promise<boolean> {
  const wanted = { payments: "degraded", db: "down", web: "healthy", search: "healthy", [crowd(0)]: "unknown" };
  const { services } = await api<{ services: { id: string; state: string; incident_id: string | null }[] }>(
    "GET",
    "/api/v1/services",
  );
  const states = new Map(services.map(({ id, state }) => [id, state]));
  const opened = services.some(({ id, incident_id }) => id === "payments" && incident_id !== null);
  return opened && Object.entries(wanted).every(([id, state]) => states.get(id) === state);
}
