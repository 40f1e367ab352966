import { setTimeout as wait } from "node:timers/promises";
import { context, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hasPython, Host, type HostStats } from "./hosts";
import { OwnServer, until } from "./own-server";

/**
 * Sentinel is killed while fifty agents of all kinds run, stays away, and comes back on the same database: for ten minutes in the long form,
 * under the lease that servers have by default; else for twenty seconds, under the shortest.
 */
const LONG = process.env["LONG"] === "1";
const OUTAGE_MS = Number(process.env["OUTAGE_MS"] ?? (LONG ? 10 * 60_000 : 20_000));
const LEASE_S = LONG ? 300 : 5;
const PACE_MS = LONG ? 2_000 : 1_000;
/** Before and after, so that everybody has worked. */
const BESIDE_MS = 10_000;
const OF_EACH_KIND = 10;
const SMALL_BUFFER = 40;
/** The breaker that every guard has, and the budget of a run in this trial. */
const IDENTICAL_CALLS = 8;
const MODEL_CALLS = 15;
const ASKED = 40;
/** As the settings of `connect` have it. */
const HOOK_MS = 5_000;

const server = new OwnServer({ DIRECTIVE_LEASE_S: `${LEASE_S}`, LOG_LEVEL: "error" });
const ends: (() => unknown)[] = [];
beforeAll(() => server.setUp());
afterAll(async () => {
  for (const end of ends) await end();
  await server.remove();
});

const keyOf = async (name: string): Promise<string> =>
  (await server.ask<{ secret: string }>("POST", "/api/v1/keys", { name })).secret;

/** Agents by our SDKs, in host processes; one of each host's has a small buffer. */
async function startHosts(url: string): Promise<Host[]> {
  const agents = (kind: string, langchain = false) =>
    Array.from({ length: OF_EACH_KIND }, (_, i) => ({ id: `${kind}-${i}`, langchain, ...(i === 0 && { bufferSize: SMALL_BUFFER }) })); // prettier-ignore
  const setting = { url, key: await keyOf("sdks"), agentType: "Trial", paceMs: PACE_MS };
  const hosts = [
    Host.typescript({ ...setting, agents: agents("guard") }),
    Host.typescript({ ...setting, agents: agents("langchain", true) }),
    ...(hasPython ? [Host.python({ ...setting, agents: agents("python") })] : []),
  ];
  for (const host of hosts) ends.push(host.kill);
  return hosts;
}
const each = async <T>(hosts: Host[], order: { do: string; times?: number }): Promise<T[]> =>
  Promise.all(hosts.map((host) => host.order<T>(order)));
const statsOf = async (hosts: Host[], what = "stats") => (await each<HostStats[]>(hosts, { do: what })).flat();
const isSmall = ({ id }: HostStats) => id.endsWith("-0");

/** A coding agent's program as its hooks see it: what Sentinel does not answer goes by its settings. */
class CodingAgent {
  readonly calls = { ran: 0, blocked: 0, told: 0 };
  #asked = 0;
  working = true;
  constructor(
    readonly url: string,
    readonly key: string,
    readonly name: string,
    readonly whenUnreachable: "allow" | "block",
  ) {}

  async #hook(event: string, of: object): Promise<string | null> {
    const common = { session_id: this.name, hook_event_name: event, transcript_path: `/home/${this.name}/.claude/projects/x/s.jsonl`, cwd: "/" }; // prettier-ignore
    const sent = fetch(`${this.url}/api/v1/hooks/claude-code`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.key}`, "content-type": "application/json", "x-sentinel-user": this.name },
      body: JSON.stringify({ ...common, ...of }),
      signal: AbortSignal.timeout(HOOK_MS),
    }).then(async (answer) => (answer.ok ? answer.text() : null));
    return sent.catch(() => null);
  }

  async #call(): Promise<void> {
    const n = ++this.#asked;
    const of = { tool_name: "Bash", tool_input: { command: `make part-${n}` }, tool_use_id: `${this.name}-${n}` };
    const answer = await this.#hook("PreToolUse", of);
    if (answer === null ? this.whenUnreachable === "block" : answer.includes('"deny"')) return void this.calls.blocked++;
    this.calls.ran++;
    if ((await this.#hook("PostToolUse", { ...of, tool_response: { stdout: "x" }, duration_ms: 5 })) !== null) this.calls.told++; // prettier-ignore
  }

  async work(): Promise<void> {
    await wait(Math.random() * PACE_MS);
    for (; this.working; await wait(PACE_MS)) await this.#call();
  }
} // prettier-ignore

/** An agent that whatever exporter it has reports: the official SDK as it comes. */
class Exporting {
  spans = 0;
  working = true;
  readonly #provider: BasicTracerProvider;
  constructor(url: string, key: string, readonly name: string) {
    const exporter = new OTLPTraceExporter({ url: `${url}/v1/traces`, headers: { authorization: `Bearer ${key}` } });
    this.#provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ "service.name": name }),
      spanProcessors: [new BatchSpanProcessor(exporter)],
    });
  }

  async work(): Promise<void> {
    await wait(Math.random() * PACE_MS);
    const tracer = this.#provider.getTracer("trial");
    for (; this.working; await wait(PACE_MS)) {
      const root = tracer.startSpan("invoke_agent", { attributes: { "gen_ai.operation.name": "invoke_agent" } });
      // Each has a number of its own, by which it is found again.
      const attributes = { "gen_ai.operation.name": "chat", "gen_ai.request.model": "m-1", "gen_ai.usage.input_tokens": 1_000 + this.spans++, "gen_ai.usage.output_tokens": 20 }; // prettier-ignore
      tracer.startSpan("chat m-1", { attributes }, trace.setSpan(context.active(), root)).end();
      root.end();
    }
  }

  close = () => this.#provider.shutdown().catch(() => undefined);
} // prettier-ignore

/** How often each call of an exporting agent was counted, by the number that it has. */
const counted = () =>
  server.rows<{ agent: string; times: number }>(
    "SELECT agent_id AS agent, count(*) AS times FROM agent_events WHERE kind = 'model_call' AND agent_id LIKE 'exporting-%' GROUP BY agent_id, json_extract(body, '$.input_tokens')",
  );
const storedOf = async (kind: "model_call" | "tool_call", like: string) =>
  new Map((await server.rows<{ agent: string; n: number }>("SELECT agent_id AS agent, count(*) AS n FROM agent_events WHERE kind = ? AND agent_id LIKE ? GROUP BY agent_id", kind, like)).map(({ agent, n }) => [agent, n])); // prettier-ignore

test(`fifty agents of all kinds work through ${OUTAGE_MS / 1_000} s without Sentinel`, async () => {
  const { url } = server.sentinel;
  const port = Number(new URL(url).port);
  // Nobody is held but by the guards: on a loaded machine these agents are no picture of health. The first of its type, so that the others begin with what the type is allowed and may use.
  const first = { agent_id: "first", agent_type: "Trial", enforcement: false };
  const headers = { authorization: `Bearer ${server.key}`, "content-type": "application/json" };
  await fetch(`${url}/api/v1/agents/register`, { method: "POST", headers, body: JSON.stringify(first) });
  await server.ask("PATCH", "/api/v1/agent-types/Trial", { mode: "act", floor: 100 });
  await server.ask("PUT", "/api/v1/budgets/of-a-run", { scope: "run", subject: "*", window: "run", measure: "model_calls", limit: MODEL_CALLS, at_limit: "stop" }); // prettier-ignore
  const hosts = await startHosts(url);
  const hooksKey = await keyOf("hooks");
  const coding = Array.from({ length: OF_EACH_KIND }, (_, i) => new CodingAgent(url, hooksKey, `coder-${i}`, i % 2 ? "block" : "allow")); // prettier-ignore
  const otlpKey = await keyOf("otlp");
  const exporting = Array.from({ length: OF_EACH_KIND }, (_, i) => new Exporting(url, otlpKey, `exporting-${i}`));
  ends.push(() => [...coding, ...exporting].forEach((one) => (one.working = false)));

  await each(hosts, { do: "work" });
  const others = [...coding, ...exporting].map((one) => one.work());
  const known = hosts.length * OF_EACH_KIND;
  await until("every agent is known", async () => {
    const { agents } = await server.ask<{ agents: { type: string }[] }>("GET", "/api/v1/agents?type=Trial&limit=100");
    return agents.length === known + 1;
  });
  // Hooks alone take some seconds to say whose a session is.
  await until("every coding agent is known", async () => (await storedOf("tool_call", "claude-code:%")).size === OF_EACH_KIND); // prettier-ignore
  // Answers to what is reported every second bring budgets.
  await wait(BESIDE_MS);

  await server.kill();
  const from = Date.now();
  const before = await statsOf(hosts);
  const codingBefore = coding.map(({ calls }) => ({ ...calls }));
  let waiting = 0;
  // Late enough that no lease stands any more.
  const lateAt = from + OUTAGE_MS * 0.8;
  expect(lateAt - from).toBeGreaterThan(LEASE_S * 1_000);
  while (Date.now() < lateAt) {
    const stats = await statsOf(hosts);
    waiting = Math.max(waiting, ...stats.map((one) => one.waiting));
    // The buffer, and the one batch that is tried again and again.
    for (const one of stats.filter(isSmall)) expect(one.waiting).toBeLessThanOrEqual(2 * SMALL_BUFFER);
    await wait(Math.min(5_000, Math.max(0, lateAt - Date.now())));
  }
  const loops = Object.assign({}, ...(await each<Record<string, number>>(hosts, { do: "loop", times: ASKED }))) as Record<string, number>; // prettier-ignore
  const overspent = Object.assign({}, ...(await each<Record<string, number>>(hosts, { do: "overspend", times: ASKED }))) as Record<string, number>; // prettier-ignore
  await wait(Math.max(0, from + OUTAGE_MS - Date.now()));
  const during = await statsOf(hosts);
  const codingDuring = coding.map(({ calls }) => ({ ...calls }));
  const down = Date.now() - from;
  await server.start(undefined, port);
  await wait(BESIDE_MS);

  // The hosts went on, and their breakers and budgets held.
  expect(new Set(Object.values(loops))).toEqual(new Set([IDENTICAL_CALLS]));
  expect(new Set(Object.values(overspent))).toEqual(new Set([MODEL_CALLS]));
  for (const [i, { id, made, errors }] of during.entries()) {
    expect(made.models, id).toBeGreaterThan(before[i]!.made.models + ASKED / 2);
    expect(errors, id).toEqual([]);
  }
  for (const [i, { name, whenUnreachable }] of coding.entries()) {
    const [was, is] = [codingBefore[i]!, codingDuring[i]!];
    if (whenUnreachable === "allow") expect(is.ran, name).toBeGreaterThan(was.ran);
    // One may have been under way.
    else expect(is.ran - was.ran, name).toBeLessThanOrEqual(1);
  }

  const stopped = Date.now();
  for (const one of [...coding, ...exporting]) one.working = false;
  await Promise.all(others);
  await Promise.all(exporting.map(({ close }) => close()));
  const after = await statsOf(hosts, "rest");
  for (const host of hosts) expect([await host.end(), host.said]).toEqual([0, ""]);

  // Everything that our SDKs kept is there, once.
  const stored = async () => {
    const [models, tools] = [new Map<string, number>(), new Map<string, number>()];
    for (const kind of ["guard-%", "langchain-%", "python-%"]) {
      for (const [id, n] of await storedOf("model_call", kind)) models.set(id, n);
      for (const [id, n] of await storedOf("tool_call", kind)) tools.set(id, n);
    }
    return after.filter((one) => !isSmall(one)).map(({ id }) => ({ id, models: models.get(id), tools: tools.get(id) }));
  };
  const made = after.filter((one) => !isSmall(one)).map(({ id, made: of }) => ({ id, ...of }));
  expect(await stored()).toEqual(made);
  for (const one of after) {
    expect([one.rejected, one.waiting, one.errors], one.id).toEqual([0, 0, []]);
    if (isSmall(one)) expect(one.dropped, one.id).toBeGreaterThan(0);
    else expect(one.dropped, one.id).toBe(0);
  }
  // Foreign exporters give up some; what came is counted once.
  const spans = await counted();
  expect(spans.filter(({ times }) => times > 1)).toEqual([]);
  const ended = exporting.reduce((sum, one) => sum + one.spans, 0);
  expect(spans.length).toBeLessThanOrEqual(ended);
  // Hooks are stored behind their answers, a quarter of a second later: a kill takes those with it.
  const told = coding.reduce((sum, { calls }) => sum + calls.told, 0);
  const toldOf = async () => [...(await storedOf("tool_call", "claude-code:%")).values()].reduce((sum, n) => sum + n, 0); // prettier-ignore
  await until("what hooks told is stored", async () => (await toldOf()) >= told - 2 * OF_EACH_KIND);
  const hooked = await toldOf();
  // An answer that came too late for its client was stored too; each call, none like another, is there once.
  expect(hooked).toBeLessThanOrEqual(coding.reduce((sum, { calls }) => sum + calls.ran, 0));
  const twice = await server.rows("SELECT agent_id FROM agent_events WHERE kind = 'tool_call' AND agent_id LIKE 'claude-code:%' GROUP BY agent_id, json_extract(body, '$.action_hash') HAVING count(*) > 1"); // prettier-ignore
  expect(twice).toEqual([]);
  // Nobody's silence was held against them.
  const silent = await server.rows("SELECT type, agent_id FROM anomalies WHERE type IN ('silence', 'stuck_run', 'vanished_work') AND at <= ?", stopped); // prettier-ignore
  expect(silent).toEqual([]);

  const sum = (of: (one: HostStats) => number) => after.reduce((total, one) => total + of(one), 0);
  process.stdout.write(
    [
      `down for ${Math.round(down / 1_000)} s with ${known + coding.length + exporting.length} agents (lease ${LEASE_S} s)`,
      `SDKs: ${sum((one) => one.made.models)} model and ${sum((one) => one.made.tools)} tool calls; at most ${waiting} events waited (buffer 5000); slowest run ${Math.round(Math.max(...during.map((one) => one.slowestMs)))} ms`,
      `identical calls let through: ${Object.values(loops)[0]} of ${ASKED}; model calls of a run with a budget of ${MODEL_CALLS}: ${Object.values(overspent)[0]} of ${ASKED}`,
      `dropped by buffers of ${SMALL_BUFFER}: ${sum((one) => (isSmall(one) ? one.dropped : 0))}; by all others: ${sum((one) => (isSmall(one) ? 0 : one.dropped))}`,
      `exporters: ${spans.length} of ${ended} spans came, each once; hooks: ${hooked} of ${told} calls that were answered are stored`,
      "",
    ].join("\n"),
  );
});
