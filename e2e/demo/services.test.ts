import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../http/process";
import { commandTarget, type Demo, startDemo } from "./demo";

/** Aims, in s: two scrapes of 2 s each, a second in which Alertmanager waits for more of a group, and one for the way. */
const AIMS = { "opened after alert (s)": 6, "to proposal (s)": 30 };
/** Minutes, since how busy the machine is must not decide. */
const TIME_MS = 4 * 60_000;
const LOOK_MS = 500;
/** Of what was normal, in s: a few times the windows over which rates are taken (16 s) and trouble before it is left out. */
const NORMAL_S = 60;
const MEMORY = 'process_resident_memory_bytes{service="target"}';

interface Incident {
  id: string;
  kind: string;
  state: string;
  title: string;
  cause: { node: string | null; kind: string } | null;
  opened_at: number;
  healed_at: number | null;
  outcome: string | null;
}
interface Story {
  causes: { node: string | null; kind: string; statement: string; confidence: number }[];
  alerts: { name: string; source: string; starts_at: number }[];
  times: { to_proposal_ms: number | null; to_resolve_ms: number | null };
  postmortem: string | null;
  investigation: { authors: Record<string, string> | null; report: unknown } | null;
}
interface Approval {
  id: string;
  digest: string;
  incident: { id: string };
  proposal: { action: string };
}
interface Action {
  incident_id: string;
  action: string;
  outcome: string;
}

/** What is broken, how, what may be held to be the cause, and the operation that cures it. */
const KINDS: { name: string; stress: string | null; deploy?: object; causes: string[]; cure: string }[] = [
  {
    name: "latency",
    stress: "/stress/latency?min_delay=2.5&max_delay=4&duration=600",
    causes: ["slow"],
    cure: "restart-target",
  },
  {
    name: "memory",
    stress: "/stress/memory?megabytes=300",
    causes: ["memory_leak", "resource_exhaustion"],
    cure: "restart-target",
  },
  { name: "crash", stress: "/stress/crash", causes: ["crash", "silent"], cure: "restart-target" },
  {
    name: "bad deploy",
    stress: null,
    deploy: { version: "2.0.0" },
    causes: ["deploy_regression"],
    cure: "roll-back-target",
  },
  {
    name: "config regression",
    stress: null,
    deploy: { config: { store_timeout_ms: 5 } },
    causes: ["config_regression"],
    cure: "roll-back-target",
  },
  // The last, since it takes every core: whoever is tested beside it is disturbed least so.
  {
    name: "cpu",
    stress: "/stress/cpu?duration=300&threads=3",
    causes: ["resource_exhaustion", "overload"],
    cure: "restart-target",
  },
];

/** Both, or the demo measures its target itself and these tests are skipped. */
const installed = [["prometheus"], ["prometheus-alertmanager", "alertmanager"]].every((names) =>
  names.some((name) => spawnSync(name, ["--version"]).status === 0),
);

let demo: Demo;
const folder = mkdtempSync(join(tmpdir(), "sentinel-services-"));
const rows: Record<string, string | number>[] = [];

beforeAll(async () => {
  if (!installed) return;
  demo = await startDemo(folder, await freePort(), "--schedule", "none", "--pace", "0.2");
  expect(demo.target.monitoring).toBe("prometheus");
  // A service that was never well has no normal to be compared with.
  await until("the target is well", async () => {
    const { services } = await demo.person<{ services: { id: string; state: string }[] }>("/api/v1/services");
    return services.some(({ id, state }) => id === "target" && state === "healthy");
  });
  // Nor has one that was started a moment ago.
  await until("the target was well for a while", async () => {
    const now = Math.floor(Date.now() / 1_000);
    const range = new URLSearchParams({ query: MEMORY, start: `${now - 600}`, end: `${now}`, step: "2" });
    const answer = await fetch(`${demo.target.prometheus}/api/v1/query_range?${range}`);
    const { data } = (await answer.json()) as { data: { result: { values: [number, string][] }[] } };
    const first = data.result[0]?.values[0]?.[0];
    return first !== undefined && now - first >= NORMAL_S;
  });
});

afterAll(async () => {
  console.table([...rows, { kind: "(aim)", ...AIMS }]);
  await demo?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function until<T>(what: string, look: () => Promise<T | false | null | undefined>, ms = TIME_MS): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > deadline) throw new Error(`never came: ${what}`);
    await wait(LOOK_MS);
  }
}

// What one kind leaves broken must not be held against the next.
afterEach(async ({ task }) => {
  if (task.result?.state !== "fail") return;
  await tell();
  const { deploy } = KINDS.find(({ name }) => task.name.includes(name)) ?? {};
  // What was rolled back already has nothing to go back to.
  if (deploy) await commandTarget(demo, "rollback").catch(() => undefined);
  await commandTarget(demo, "restart");
  const { incidents: open } = await demo.person<{ incidents: Incident[] }>(
    "/api/v1/incidents?kind=services&state=active",
  );
  for (const { id } of open) await demo.person(`/api/v1/incidents/${id}/dismiss`, {});
  await quiet();
});

/** What Sentinel itself says of the last incident: what a failure here is understood by. */
async function tell(): Promise<void> {
  const [last] = (await incidents()).toSorted((a, b) => b.opened_at - a.opened_at);
  if (!last) return console.log("there is no incident");
  const { causes, investigation } = await story(last.id);
  console.log(JSON.stringify({ causes, report: investigation?.report }));
  const { timeline } = await demo.person<{ timeline: { at: number; text: string }[] }>(`/api/v1/incidents/${last.id}`);
  for (const { at, text } of timeline) console.log(`${new Date(at).toISOString()} ${text}`);
  const { actions } = await demo.person<{ actions: Action[] }>("/api/v1/healing?limit=10");
  console.log(JSON.stringify(actions.filter(({ incident_id }) => incident_id === last.id)));
  console.log(JSON.stringify(await demo.person("/api/v1/services")));
}

/** The target is well, and nothing is told of it any more. */
const quiet = () =>
  until("quiet", async () => {
    const { services } = await demo.person<{ services: { id: string; state: string; firing: number }[] }>(
      "/api/v1/services",
    );
    return services.some(({ id, state, firing }) => id === "target" && state === "healthy" && firing === 0);
  });

const incidents = async (): Promise<Incident[]> =>
  (await demo.person<{ incidents: Incident[] }>("/api/v1/incidents?kind=services&limit=100")).incidents;
const story = (id: string): Promise<Story> => demo.person<Story>(`/api/v1/incidents/${id}/story`);

describe.skipIf(!installed)("real Prometheus, real Alertmanager, a real service", () => {
  it.each(KINDS)("$name", async ({ name, stress, deploy, causes, cure }) => {
    const before = new Set((await incidents()).map(({ id }) => id));
    const brokenAt = Date.now();
    if (stress) await fetch(demo.target.url + stress).catch(() => undefined);
    else await commandTarget(demo, "deploy", deploy!);
    const fresh = async () => (await incidents()).filter(({ id }) => !before.has(id));

    await until("an incident", async () => (await fresh())[0]);
    // Where a restart takes long, that nothing answers meanwhile may be noticed as well, and ends by itself.
    const asked = await until("a proposal", async () => {
      const { approvals } = await demo.person<{ approvals: Approval[] }>("/api/v1/approvals?state=pending");
      return approvals.find(({ incident }) => !before.has(incident.id));
    });
    const opened = (await fresh()).find(({ id }) => id === asked.incident.id)!;
    const found = await story(opened.id);
    expect(found.causes[0]).toMatchObject({ node: "target" });
    expect(causes).toContain(found.causes[0]!.kind);
    expect(new Set(Object.values(found.investigation!.authors!))).toEqual(new Set(["local"]));
    expect(asked.proposal.action).toBe(cure);
    await demo.person(`/api/v1/approvals/${asked.id}/decision`, {
      decision: "approve",
      digest: asked.digest,
      evidence_opened: true,
    });
    const closed = await until("its end", async () =>
      (await fresh()).find(({ id, state }) => id === opened.id && ["resolved", "escalated"].includes(state)),
    );
    const { actions } = await demo.person<{ actions: Action[] }>("/api/v1/healing?limit=100");
    const done = actions.filter(({ incident_id }) => incident_id === opened.id);
    const told = await story(opened.id);
    const alerted = told.alerts.filter(({ source }) => source !== "sentinel").map(({ starts_at }) => starts_at);
    rows.push({
      kind: name,
      cause: `${found.causes[0]!.kind} (${Math.round(found.causes[0]!.confidence * 100)} %)`,
      "opened after break (s)": (opened.opened_at - brokenAt) / 1_000,
      "opened after alert (s)": alerted.length > 0 ? (opened.opened_at - Math.min(...alerted)) / 1_000 : "by itself",
      "to proposal (s)": (told.times.to_proposal_ms ?? 0) / 1_000,
      "to the end (s)": (told.times.to_resolve_ms ?? 0) / 1_000,
      operations: done.map(({ action, outcome }) => `${action}: ${outcome}`).join(", "),
      incidents: (await fresh()).length,
    });
    expect(done.map(({ action, outcome }) => [action, outcome])).toEqual([[cure, "recovered"]]);
    expect(closed).toMatchObject({ state: "resolved", healed_at: expect.any(Number) });
    expect(told.postmortem).toContain("# Post-mortem (draft)");
    // Seconds depend on the machine: they are printed beside their aims.
    expect(told.times.to_proposal_ms).not.toBeNull();
    const { actions: all } = await demo.person<{ actions: Action[] }>("/api/v1/healing?limit=100");
    expect(all.filter(({ incident_id: id }) => id !== opened.id && !before.has(id))).toEqual([]);
    // What is still told of the old trouble must have ended before the next is begun.
    await quiet();
  });
});
