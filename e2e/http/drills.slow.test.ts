import { afterAll, expect, test } from "vitest";
import { asAgent, asPerson, problemOf } from "./client";
import { until } from "./own-server";

const json = { "content-type": "application/json" };
interface Drill {
  id: string;
  incident: { id: string; state: string };
  answer: { right: boolean } | null;
  operations: { name: string; outcome: string }[];
  episode: { action: string } | null;
}
interface Story {
  causes: { id: string; node: string | null; kind: string }[];
  investigation: { state: string } | null;
  steps: { node: string }[];
}

const post = (role: string, path: string, body: object = {}) =>
  asPerson(role, path, { method: "POST", headers: json, body: JSON.stringify(body) });
async function read<T>(path: string): Promise<T> {
  const answer = await asPerson("viewer", path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
async function fire(scenario: string): Promise<{ drill: string; incident: string }> {
  const fired = await post("operator", `/api/v1/scenarios/${scenario}/fire`);
  expect(fired.status).toBe(201);
  const { drill, incidents } = (await fired.json()) as { drill: string; incidents: string[] };
  return { drill, incident: incidents[0]! };
}
const drillIn = (id: string, ...states: string[]) =>
  until(`drill ${id} ${states.join(" or ")}`, async () => {
    const drill = await read<Drill>(`/api/v1/drills/${id}`);
    return states.includes(drill.incident.state) && drill;
  });

afterAll(async () => void (await asPerson("operator", "/api/v1/drills", { method: "DELETE" })));

test("a drill is investigated, approved and resolved by measurement in its own world, and gone after its deletion", async () => {
  const opened = async () => (await read<{ incidents: { last_24h: number } }>("/api/v1/overview")).incidents.last_24h;
  const before = await opened();
  const { drill, incident } = await fire("checkout-errors");
  expect(drill).toMatch(/^bad-deploy-01-/);
  await drillIn(drill, "awaiting_approval");
  const inDrill = `?drill=${drill}`;

  const story = await read<Story>(`/api/v1/incidents/${incident}/story${inDrill}`);
  expect(story.investigation).toMatchObject({ state: "done" });
  expect(story.causes[0]).toMatchObject({ node: "checkout", kind: "deploy_regression" });
  expect(new Set(story.steps.map(({ node }) => node)).size).toBeGreaterThanOrEqual(8);
  const bundle = await asPerson("viewer", `/api/v1/incidents/${incident}/bundle${inDrill}`);
  expect(bundle.headers.get("sentinel-drill")).toBe(drill);
  expect(((await bundle.json()) as { logs: unknown[] }).logs.length).toBeGreaterThan(10);
  const cause = story.causes[0]!.id;
  const thumb = await post("operator", `/api/v1/incidents/${incident}/causes/${cause}/feedback${inDrill}`, { thumb: 1 });
  expect([thumb.status, await thumb.json()]).toMatchObject([200, { feedback: 1, feedback_by: "operator" }]);

  const { approvals } = await read<{ approvals: { id: string; digest: string }[] }>(`/api/v1/approvals${inDrill}&state=pending`);
  expect(approvals).toHaveLength(1);
  const decision = { decision: "approve", digest: approvals[0]!.digest, evidence_opened: true };
  const path = `/api/v1/approvals/${approvals[0]!.id}`;
  expect((await post("operator", `${path}/decision`, decision)).status).toBe(404);
  const tried = await post("operator", `${path}/dry-run${inDrill}`);
  expect(await tried.json()).toMatchObject({ ok: true, detail: expect.stringContaining("in the recording only") });
  expect((await post("operator", `${path}/decision${inDrill}`, decision)).status).toBe(200);
  const over = await drillIn(drill, "resolved");
  expect(over).toMatchObject({ answer: { right: true }, operations: [{ name: "roll-back", outcome: "recovered" }], episode: { action: "roll-back" } });

  // The real world has heard of none of it.
  expect((await asPerson("viewer", `/api/v1/incidents/${incident}`)).status).toBe(404);
  for (const [list, name] of [["incidents", "incidents"], ["approvals", "approvals"], ["changes?q=checkout", "changes"]] as const)
    expect(JSON.stringify((await read<Record<string, unknown[]>>(`/api/v1/${list}`))[name])).not.toContain("checkout");
  expect(JSON.stringify(await read("/api/v1/services"))).not.toContain("checkout");
  expect(await opened()).toBe(before);

  expect((await asPerson("operator", `/api/v1/drills/${drill}`, { method: "DELETE" })).status).toBe(204);
  for (const gone of [`/api/v1/drills/${drill}`, `/api/v1/incidents/${incident}/story${inDrill}`])
    expect((await asPerson("viewer", gone)).status).toBe(404);
  expect(await read("/api/v1/drills")).toEqual({ drills: [] });
}); // prettier-ignore

test("a request that names a drill is never carried out on the real world", async () => {
  const { drill } = await fire("config-01");
  const before = await read("/api/v1/settings");
  const answers = [
    await asPerson("admin", `/api/v1/settings?drill=${drill}`, { method: "PATCH", headers: json, body: '{"arl":1000}' }),
    await post("operator", `/api/v1/changes?drill=${drill}`, { subject_kind: "service", subject_id: "search", kind: "deploy" }),
    await asAgent(`/api/v1/ingest?drill=${drill}`, { method: "POST", headers: json, body: "{}" }),
    await post("operator", `/api/v1/approvals/bulk?drill=${drill}`, { decision: "approve", items: [] }),
    await asPerson("viewer", `/api/v1/incidents?drill=${drill}&drill=${drill}`),
  ];
  for (const answer of answers)
    expect(await problemOf(answer)).toMatchObject({ status: 400, errors: [{ field: "drill" }] });
  expect(await read("/api/v1/settings")).toEqual(before);
  for (const none of ["nothing-here", "..%2Fsentinel", ""])
    expect((await asPerson("viewer", `/api/v1/incidents?drill=${none}`)).status).toBe(404);
}); // prettier-ignore

test("who only looks fires and deletes nothing; what does not exist is said", async () => {
  expect((await post("viewer", "/api/v1/scenarios/config-01/fire")).status).toBe(403);
  expect((await asPerson("viewer", "/api/v1/drills", { method: "DELETE" })).status).toBe(403);
  expect((await asPerson("viewer", "/api/v1/drills/x", { method: "DELETE" })).status).toBe(403);
  expect((await post("operator", "/api/v1/scenarios/none/fire")).status).toBe(404);
  expect((await asPerson("operator", "/api/v1/drills/none", { method: "DELETE" })).status).toBe(404);
});
