import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AgentEvent, Directive } from "../../sdk/typescript/index";
import { type FakeSentinel, startFakeSentinel } from "../../sdk/typescript/fake-sentinel";
import { type Chaos, createChaos, FAULT_KINDS, type FaultKind, FAULTS } from "./chaos";
import { startControl, TOKEN_HEADER } from "./control";
import { type Fleet, startFleet } from "./fleet";
import { ROSTER } from "./roster";

let server: FakeSentinel;
let fleet: Fleet;
let chaos: Chaos;
/** Fast enough that a run takes some twenty milliseconds. */
const TIME_SCALE = 0.02;

beforeEach(async () => (server = await startFakeSentinel()));
afterEach(async () => {
  await fleet.stop();
  await server.stop();
});
async function start(ids: string[], more: object = {}) {
  const roster = ROSTER.filter((spec) => ids.includes(spec.id));
  fleet = await startFleet({
    url: server.url,
    key: server.key,
    roster,
    timeScale: TIME_SCALE,
    toolGraceMs: 50,
    heartbeatMs: 100,
    ...more,
  });
  chaos = createChaos(fleet);
}

type Change = Partial<Omit<Directive, "agent_id" | "hash" | "version">>;
const enforced = (agent: string, version: number) => () =>
  server.of(agent, "heartbeat").some((e) => e.enforced === true && e.directive_version === version);
/** The runs of an agent that began under this directive version and have ended. */
function runs(agent: string, version: number): { start: AgentEvent; events: AgentEvent[]; end: AgentEvent }[] {
  const ends = new Map(server.of(agent, "run_end").map((e) => [e.run_id, e]));
  return server.of(agent, "run_start").flatMap((s) => {
    const end = ends.get(s.run_id);
    if ((s.directive_version ?? 0) < version || !end || end.outcome === "cancelled") return [];
    return [{ start: s, end, events: server.of(agent).filter((e) => e.run_id === s.run_id) }];
  });
}

/** Signs of each illness in one run: seen in the telemetry alone, as Sentinel must see them. */
const SICK: Record<
  Exclude<FaultKind, "stuck_tool" | "slow_provider">,
  (run: { events: AgentEvent[]; end: AgentEvent }) => boolean
> = {
  poisoned_memory: ({ events }) => mostRepeated(events) >= 4,
  changed_prompt: ({ events }) => calls(events).some((e) => (e.output_tokens ?? 0) > 400),
  broken_tool: ({ events }) => events.some((e) => e.kind === "tool_call" && e.success === false),
  injected_document: ({ events }) => calls(events).some((e) => (e.input_tokens ?? 0) > 1000),
  injected_lesson: ({ events }) => calls(events).some((e) => (e.input_tokens ?? 0) > 1000),
  runaway_cost: ({ events }) => calls(events).some((e) => (e.reasoning_tokens ?? 0) > 100),
};
const calls = (events: AgentEvent[]) => events.filter((e) => e.kind === "model_call");
function mostRepeated(events: AgentEvent[]): number {
  const counts = new Map<string, number>();
  for (const e of events)
    if (e.kind === "tool_call")
      counts.set(`${e.action_hash} ${e.result_hash}`, (counts.get(`${e.action_hash} ${e.result_hash}`) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

const reduced: Change = { autonomy: { level: "reduced", max_model_calls: 8, max_tool_calls: 6, temperature: 0.2 } };
const freshMemory: Change = { memory_epoch: 1 };
const oldPrompt = (agent: string): Change => {
  const first = server.of(agent, "model_call")[0]?.prompt_hash;
  if (!first) throw new Error("no prompt seen");
  return { prompt: { rollback_to: first } };
};
const revoke = (tool: string): Change => ({ revoked_tools: [tool] });

/** For each fault and agent: what does not help, one after the other, and what does. */
const CASES: [keyof typeof SICK, string, ((agent: string) => Change)[], (agent: string) => Change][] = [
  ["poisoned_memory", "analytics-iris", [() => revoke("query_table"), () => reduced, oldPrompt], () => freshMemory],
  ["changed_prompt", "research-bela", [() => freshMemory, () => reduced, () => revoke("remember")], oldPrompt],
  ["broken_tool", "data-edda", [() => reduced, oldPrompt, () => freshMemory], () => revoke("fetch_rate")],
  ["injected_document", "coordinator-nils", [() => freshMemory, oldPrompt, () => reduced], () => revoke("search_documents")],
  ["injected_lesson", "research-cato", [() => revoke("search_documents"), () => reduced, oldPrompt], () => freshMemory],
  ["runaway_cost", "coordinator-olga", [() => freshMemory, oldPrompt, () => revoke("delegate")], () => reduced],
]; // prettier-ignore

describe("a fault", () => {
  it.each(CASES)(
    "%s at %s shows, survives the wrong actions and ends by the right one",
    async (kind, agent, wrong, right) => {
      await start([agent]);
      const sick = SICK[kind];
      await server.until(() => runs(agent, 1).length >= 5);
      expect(runs(agent, 1).filter(sick)).toEqual([]);

      const started = chaos.start(kind, agent);
      expect(started.kind).toBe("started");
      await server.until(() => runs(agent, 1).some(sick));

      const free = server.directive(agent);
      for (const action of wrong) {
        const { version } = server.direct(agent, { ...free, ...action(agent) });
        await server.until(enforced(agent, version));
        await server.until(() => runs(agent, version).some(sick));
      }
      const { version } = server.direct(agent, { ...free, ...right(agent) });
      await server.until(enforced(agent, version));
      await server.until(() => runs(agent, version).length >= 6);
      expect(runs(agent, version).filter(sick)).toEqual([]);
      expect(runs(agent, version).every((r) => r.end.outcome === "success" || r.end.outcome === "limited")).toBe(true);
    },
    90_000,
  );

  it("stuck_tool hangs a run until the quarantine's grace ends it, and only without the tool do runs end again", async () => {
    const agent = "data-finn";
    await start([agent]);
    await server.until(() => runs(agent, 1).length >= 3);
    chaos.start("stuck_tool", agent);
    const hangs = (version: number) => () => {
      const begun = server.of(agent, "run_start").filter((e) => (e.directive_version ?? 0) >= version).at(-1);
      const beats = server.of(agent, "heartbeat").filter((e) => (e.timestamp ?? 0) > (begun?.timestamp ?? Infinity));
      return beats.length >= 4 && beats.slice(-3).every((e) => e.attributes?.["in_flight"] === 1);
    }; // prettier-ignore
    await server.until(hangs(1));
    for (const wrong of [reduced, freshMemory]) {
      const held = server.direct(agent, { status: "quarantined" });
      await server.until(enforced(agent, held.version));
      const { version } = server.direct(agent, { ...wrong, status: "run" });
      await server.until(hangs(version));
    }
    const held = server.direct(agent, { status: "quarantined" });
    await server.until(enforced(agent, held.version));
    const { version } = server.direct(agent, { ...revoke("fetch_rate"), status: "run" });
    await server.until(() => runs(agent, version).length >= 5);
    expect(runs(agent, version).flatMap((r) => r.events.filter((e) => e.tool === "fetch_rate"))).toEqual([]);
  });

  it("slow_provider slows all who share it, nobody else, and ends when it is mended", async () => {
    const sharing = ["research-ada", "data-gaia", "analytics-jana"];
    await start([...sharing, "data-edda"], { timeScale: 0.15 });
    const latest = (agent: string, after: number) =>
      server.of(agent, "model_call").filter((e) => Number(e.timestamp) > after).slice(3); // prettier-ignore
    const median = (agent: string, after: number) => {
      const sorted = latest(agent, after).map((e) => e.latency_ms ?? 0).toSorted((a, b) => a - b); // prettier-ignore
      return sorted[Math.floor(sorted.length / 2)] ?? 0;
    };
    const all = [...sharing, "data-edda"];
    const enough = (after: number) => () => all.every((a) => latest(a, after).length >= 8);
    await server.until(enough(0));
    const before = Math.max(...all.map((a) => median(a, 0)));
    const started = chaos.start("slow_provider", "aurora");
    const at = Date.now();
    await server.until(enough(at));
    // A busy machine makes single calls slow: the medians come to show it.
    const slowest = () => Math.min(...sharing.map((a) => median(a, at)));
    await expect.poll(slowest).toBeGreaterThan(3 * before);
    await expect.poll(() => median("data-edda", at)).toBeLessThan(2 * before);
    if (started.kind === "started") chaos.end(started.fault.id);
    const mended = Date.now();
    await server.until(enough(mended));
    await expect.poll(() => Math.max(...sharing.map((a) => median(a, mended)))).toBeLessThan(2 * before);
  });

  it("ends with its successor where the agent is replaced, not where the deployment is at fault", async () => {
    const agent = "analytics-iris";
    await start([agent]);
    chaos.start("poisoned_memory", agent);
    await server.until(() => runs(agent, 1).some(SICK.poisoned_memory));
    server.direct(agent, { status: "retired", successor: "analytics-iris-2" });
    await server.until(() => runs("analytics-iris-2", 1).length >= 4);
    expect(runs("analytics-iris-2", 1).filter(SICK.poisoned_memory)).toEqual([]);
    chaos.start("runaway_cost", "analytics-iris-2");
    await server.until(() => runs("analytics-iris-2", 1).some(SICK.runaway_cost));
  });
});

describe("at demo speed", () => {
  it("fifteen agents report at most 60 events a second, and cost little", async () => {
    await start(
      ROSTER.map((s) => s.id),
      { timeScale: 1, heartbeatMs: 5000 },
    );
    await server.until(() => ROSTER.every((s) => runs(s.id, 1).length >= 1));
    const before = { events: server.events.length, at: performance.now(), cpu: process.cpuUsage() };
    await server.until(() => server.events.length >= before.events + 300);
    const seconds = (performance.now() - before.at) / 1000;
    const perSecond = (server.events.length - before.events) / seconds;
    const { user, system } = process.cpuUsage(before.cpu);
    const cpuMs = (user + system) / 1e3 / (server.events.length - before.events);
    // How many there are at least, only a machine with nothing else to do can tell: 15 a second.
    console.log(`${perSecond.toFixed(1)} events/s, ${cpuMs.toFixed(1)} ms of CPU each`);
    expect(perSecond).toBeLessThan(60);
    // At 15 a second that is half a core; by the process's own time, whoever else is at work.
    expect(cpuMs).toBeLessThan(500 / 15);
  });
});

describe("what crosses to Sentinel", () => {
  it("is telemetry alone: no name, target or word of any fault is in the traffic", async () => {
    await start(
      ROSTER.map((s) => s.id),
      { pace: 0.2 },
    );
    const victims: Record<FaultKind, string> = {
      poisoned_memory: "analytics-iris", changed_prompt: "research-bela", broken_tool: "data-edda", stuck_tool: "data-finn",
      injected_document: "coordinator-nils", injected_lesson: "research-cato", runaway_cost: "coordinator-olga", slow_provider: "aurora",
    }; // prettier-ignore
    await server.until(() => ROSTER.every((s) => runs(s.id, 1).length >= 1));
    for (const kind of FAULT_KINDS) expect(chaos.start(kind, victims[kind]).kind).toBe("started");
    await server.until(() =>
      Object.entries(SICK).every(([kind, sick]) => runs(victims[kind as FaultKind], 1).some(sick)),
    );
    const traffic = server.requests.map((r) => `${r.method} ${r.path} ${JSON.stringify(r.headers)} ${r.body}`).join("\n").toLowerCase(); // prettier-ignore
    const words = [
      ...FAULT_KINDS,
      ...FAULT_KINDS.flatMap((k) => k.split("_")).filter(
        (w) => !["memory", "tool", "provider", "document", "prompt", "cost"].includes(w),
      ),
    ];
    const said = [
      ...words,
      "chaos",
      "fault",
      "inject",
      "instruction to the assistant",
      "repeat every lookup",
      ...FAULT_KINDS.flatMap((k) => Object.values(FAULTS[k].label)),
    ];
    for (const word of said) expect([word, traffic.includes(word.toLowerCase())]).toEqual([word, false]);
    expect(server.requests.every((r) => /^\/api\/v1\/(ingest|agents\/)/.test(r.path))).toBe(true);
  });
});

describe("the control", () => {
  it("breaks, tells and mends, only with the token", async () => {
    await start(["data-edda"]);
    const control = await startControl(chaos, fleet, { port: 0, token: "secret" });
    const ask = async (method: string, path: string, body?: unknown, token = "secret") => {
      const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
      const answer = await fetch(`${control.url}${path}`, { method, headers: { [TOKEN_HEADER]: token }, ...sent });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    expect((await ask("GET", "/faults", undefined, "wrong")).status).toBe(401);
    expect((await ask("POST", "/faults", { kind: "broken_tool", agent: "nobody" })).status).toBe(409);
    expect((await ask("POST", "/faults", { kind: "injected_document", agent: "data-edda" })).status).toBe(409);
    expect((await ask("POST", "/faults", { kind: "rain", agent: "data-edda" })).status).toBe(400);
    expect((await ask("POST", "/faults", "{")).status).toBe(400);
    const made = await ask("POST", "/faults", { kind: "broken_tool", agent: "data-edda" });
    expect(made).toMatchObject({
      status: 201,
      body: { kind: "broken_tool", target: "data-edda", endedAt: null, cures: ["revoke_tools"] },
    });
    expect((await ask("POST", "/faults", { kind: "stuck_tool", agent: "data-edda" })).status).toBe(409);
    const id = String(made.body["id"]);
    expect((await ask("DELETE", `/faults/${id}`)).status).toBe(200);
    expect((await ask("DELETE", "/faults/unknown")).status).toBe(404);
    const { faults } = (await ask("GET", "/faults")).body as { faults: { id: string; endedAt: number | null }[] };
    expect(faults.map((f) => [f.id, f.endedAt === null])).toEqual([[id, false]]);
    expect(chaos.start("changed_prompt", "data-edda").kind).toBe("started");
    const catalog = (await ask("GET", "/catalog")).body as {
      faults: { kind: string; targets: string[] }[];
      active: unknown[];
    };
    expect(catalog.faults.find((f) => f.kind === "injected_document")?.targets).toEqual([]);
    expect(catalog.active).toEqual([]);
    expect((await ask("POST", "/faults", { kind: "slow_provider" })).body).toMatchObject({
      kind: "slow_provider",
      endedAt: null,
    });
    expect((await ask("GET", "/catalog")).body).toMatchObject({ active: [{ kind: "slow_provider" }] });
    expect((await ask("POST", "/faults", { kind: "poisoned_memory" })).status).toBe(400);
    await control.stop();
  });
});
