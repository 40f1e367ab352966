import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { OwnServer, until } from "./own-server";

interface Directive {
  version: number;
  hash: string;
  status: string;
  level: string | null;
  hand_over_to: string | null;
}
interface Detail {
  agent: { incident: { id: string } | null; containment: { state: string } };
  directive: Directive;
}

describe("levels of a quarantine", () => {
  const server = new OwnServer();
  beforeAll(async () => {
    await server.setUp();
    // While an agent of its key is held, a newcomer is of the held one's type.
    await report("typed", { kind: "run_start", run_id: "r" });
  });
  afterAll(() => server.remove());

  const asAgent = async <T>(path: string, body?: object): Promise<T> => {
    const answer = await fetch(server.sentinel.url + path, {
      method: body ? "POST" : "GET",
      headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const report = (agent: string, ...events: object[]) =>
    asAgent<{ accepted: number; rejected: { field: string }[] }>("/api/v1/ingest", {
      events: events.map((event) => ({ agent_id: agent, agent_type: agent, instance_id: "one", ...event })),
    });
  const directive = async (agent: string) =>
    (await asAgent<{ directive: Directive }>(`/api/v1/agents/${agent}/directive`)).directive;
  const detail = (id: string) => server.ask<Detail>("GET", `/api/v1/agents/${id}`);
  const command = (id: string, what: string, body: object = {}) =>
    server.send("POST", `/api/v1/agents/${id}/${what}`, body);
  const timeline = async (incident: string) =>
    (await server.ask<{ timeline: { type: string; text: string }[] }>("GET", `/api/v1/incidents/${incident}`)).timeline;
  const confirmed = async (agent: string) => {
    const { version, hash } = await directive(agent);
    await report(agent, { kind: "heartbeat", directive_version: version, directive_hash: hash, enforced: true });
    await until("it is enforced", async () => (await detail(agent)).agent.containment.state === "enforced");
  };

  test("hold_new reaches the agent, and stays enforced while a run in progress goes on", async () => {
    await report("slow", { kind: "run_start", run_id: "r-1" });
    await until("its run is known", async () => (await server.ask<{ runs: object[] }>("GET", "/api/v1/agents/slow/runs")).runs.length === 1); // prettier-ignore
    expect((await command("slow", "quarantine", { level: "hold_new" })).status).toBe(200);
    expect(await directive("slow")).toMatchObject({ status: "quarantined", level: "hold_new", hand_over_to: null });
    await confirmed("slow");
    await report(
      "slow",
      { kind: "tool_call", run_id: "r-1", tool: "lookup", success: true },
      { kind: "queued_task", task_id: "task-7", outcome: "keep" },
    );
    const { agent } = await detail("slow");
    await until("the decision is told", async () => (await timeline(agent.incident!.id)).some((e) => e.type === "task.decided")); // prettier-ignore
    expect((await timeline(agent.incident!.id)).map(({ text }) => text)).toContain(
      "slow: its host kept the queued task task-7",
    );
    expect((await detail("slow")).agent.containment.state).toBe("enforced");
    await report("slow", { kind: "run_start", run_id: "r-2" });
    await until("a new run breaks it", async () => (await detail("slow")).agent.containment.state === "not_confirmed");
  });

  test("what was cut off is told on the timeline and on the run; what a queued task may say is checked", async () => {
    await report("charger", { kind: "run_start", run_id: "r-1" });
    await command("charger", "quarantine", { level: "kill" });
    expect(await directive("charger")).toMatchObject({ level: "kill" });
    const answer = await report(
      "charger",
      { kind: "tool_call", run_id: "r-1", tool: "charge", outcome: "unknown" },
      { kind: "queued_task", task_id: "t", outcome: "burn" },
    );
    expect(answer).toMatchObject({ accepted: 1, rejected: [{ field: "outcome" }] });
    const { agent } = await detail("charger");
    await until("it is told", async () => (await timeline(agent.incident!.id)).some((e) => e.type === "tool.outcome_unknown")); // prettier-ignore
    const { runs } = await server.ask<{ runs: object[] }>("GET", "/api/v1/agents/charger/runs");
    expect(runs).toMatchObject([{ run_id: "r-1", errors: 0, unknown_outcomes: 1 }]);
    expect((await command("charger", "release")).status).toBe(200);
    expect(await directive("charger")).toMatchObject({ status: "run", level: null });
  });

  test("hand_over names who takes over, if that agent can; bad input is named", async () => {
    await report("busy", { kind: "run_start", run_id: "r" });
    await report("heir", { kind: "run_start", run_id: "r" });
    const field = (answer: { status: number; body: unknown }) => ({
      status: answer.status,
      fields: (answer.body as { errors?: { field: string }[] }).errors?.map((error) => error.field),
    });
    const refused = { status: 400, fields: ["hand_over_to"] };
    expect(field(await command("busy", "quarantine", { level: "drain", hand_over_to: "heir" }))).toEqual(refused);
    expect(field(await command("busy", "quarantine", { level: "hand_over", hand_over_to: "nobody" }))).toEqual(refused);
    expect(field(await command("busy", "pause", { level: "kill" }))).toEqual({ status: 400, fields: ["level"] });
    expect(field(await command("busy", "quarantine", { level: "freeze" }))).toEqual({ status: 400, fields: ["level"] });
    expect((await command("busy", "quarantine", { level: "hand_over", hand_over_to: "heir" })).status).toBe(200);
    expect(await directive("busy")).toMatchObject({ level: "hand_over", hand_over_to: "heir" });
  });

  test("without a level it is the type's; a person changes it while it stands", async () => {
    await server.ask("PATCH", "/api/v1/agent-types/typed", { level: "hold_new", floor: 1 });
    expect((await command("typed", "quarantine")).status).toBe(200);
    const first = await directive("typed");
    expect(first.level).toBe("hold_new");
    expect((await command("typed", "quarantine")).status).toBe(409);
    expect((await command("typed", "quarantine", { level: "kill" })).status).toBe(200);
    const second = await directive("typed");
    expect(second).toMatchObject({ status: "quarantined", level: "kill", version: first.version + 1 });
    expect(second.hash).not.toBe(first.hash);
  });
});
