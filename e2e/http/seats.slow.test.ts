import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { json, SAMPLES, startUpstream } from "../scripted-upstream";
import { hasPython, Host } from "./hosts";
import { OwnServer, until } from "./own-server";

/**
 * The same misbehaviour through each seat: a healthy agent whose calls suddenly take a hundred times their tokens. How long it takes from
 * the sample that clinches it until the seat is told to hold is printed, not asserted: a loaded machine takes its time.
 */
const LEARNED = 100;
const EVERY_MS = 250;
/** Of a run. */
const CALLS = 4;
/** Enough for two minutes. */
const FLOOD = Array.from({ length: 480 }, (_, i) => 100_000 + i);
const OUTPUT_TOKENS = 20;

const upstream = await startUpstream(json({}));
const server = new OwnServer({
  GATEWAY_ANTHROPIC_URL: upstream.url,
  GATEWAY_ANTHROPIC_KEY: "an-upstream-key-for-tests",
  // A test's stretch of calls is no hour of a fleet.
  LOG_LEVEL: "error",
});
const table: string[] = [];
beforeAll(() => server.setUp());
afterAll(async () => {
  await server.remove();
  upstream.stop();
  process.stdout.write(`\n${["seat | detected | directive at the seat", ...table].join("\n")}\n`);
});

/** Input tokens of healthy calls (mulberry32, Box & Muller): the same every time. */
function healthy(): number[] {
  let a = 20_261_128;
  const random = () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return Array.from({ length: LEARNED }, () =>
    Math.round(1_000 * Math.exp(0.3 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()))),
  );
}

/** A key of its own: whoever is new to a key that has an agent on hold is treated like that one. */
const keyOf = async (name: string, more: object = {}): Promise<string> =>
  (await server.ask<{ secret: string }>("POST", "/api/v1/keys", { name, ...more })).secret;
const as =
  (key: string) =>
  async (path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(server.sentinel.url + path, {
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    });

interface Flooded {
  /** Input tokens of each sample, and when it was sent. */
  sent: [tokens: number, at: number][];
  heldAt: number | null;
}
interface Clinched {
  tokens: number;
  opened: number;
}

/** The first sample that an incident rests on, by its tokens, and when the incident was opened. */
const clinched = (agent: string): Promise<Clinched[]> =>
  server.rows<Clinched>(
    "SELECT json_extract(e.body, '$.input_tokens') AS tokens, i.opened_at AS opened FROM anomalies a JOIN agent_events e ON e.seq = a.event_seq JOIN incidents i ON i.id = a.incident_id WHERE a.agent_id = ? AND a.verdict = 'quarantine' ORDER BY e.seq LIMIT 1",
    agent,
  );

/** Waits until what was learned has been judged, and lets Sentinel act on its type. */
async function learned(agent: string): Promise<void> {
  const path = `/api/v1/agents/${encodeURIComponent(agent)}`;
  const type = await until(`${agent} has a baseline`, async () => {
    const { status, body } = await server.send("GET", path);
    const { event_count: count, agent: known } = body as { event_count: number; agent: { type: string } };
    return status === 200 && count >= LEARNED && known.type;
  });
  await server.ask("PATCH", `/api/v1/agent-types/${encodeURIComponent(type)}`, { mode: "act" });
  // Other processes read settings anew within a second: what was sent before that would be judged by the old ones.
  await wait(1_500);
}

/** Adds a line to the table; how long the seat waited for its directive, or the incident for its sample, ms. */
async function note(seat: string, agent: string, { sent, heldAt }: Flooded): Promise<number> {
  const [found] = await until(`${seat}: its incident`, async () => {
    const rows = await clinched(agent);
    return rows.length > 0 && rows;
  });
  const at = sent.find(([tokens]) => tokens === found!.tokens)?.[1];
  expect(at, `sample of ${found!.tokens} tokens`).toBeDefined();
  const seconds = (ms: number) => `${((ms - at!) / 1_000).toFixed(2)} s`;
  table.push(`${seat} | ${seconds(found!.opened)} | ${heldAt === null ? "no seat" : seconds(heldAt)}`);
  return (heldAt ?? found!.opened) - at!;
}

/** Sends one sample after the other until `isHeld`, which is asked all the time. */
async function flood(send: (tokens: number) => Promise<unknown>, isHeld: () => Promise<boolean> | boolean): Promise<Flooded> {
  const sent: Flooded["sent"] = [];
  for (const tokens of FLOOD) {
    sent.push([tokens, Date.now()]);
    await send(tokens);
    for (const end = Date.now() + EVERY_MS; Date.now() < end; await wait(10))
      if (await isHeld()) return { sent, heldAt: Date.now() };
  }
  throw new Error(`not held within ${FLOOD.length} samples`);
} // prettier-ignore

const isOpen = async (agent: string) => (await clinched(agent)).length > 0;

test("REST", async () => {
  const ask = as(await keyOf("rest"));
  const agent = "seat-rest";
  let sequence = 0;
  const event = (input_tokens: number, timestamp: number) => ({
    agent_id: agent, agent_type: "SeatRest", kind: "model_call", instance_id: "i", sequence: sequence++, timestamp, model: "m-1",
    run_id: `r-${Math.floor(sequence / CALLS)}`, input_tokens, output_tokens: OUTPUT_TOKENS, token_count: input_tokens + OUTPUT_TOKENS, latency_ms: 800, success: true,
  }); // prettier-ignore
  await ask("/api/v1/agents/register", {
    agent_id: agent,
    agent_type: "SeatRest",
    enforcement: true,
    instance_id: "i",
  });
  const began = Date.now();
  await ask("/api/v1/ingest", { events: healthy().map((tokens, i) => event(tokens, began - (LEARNED - i) * 10)) });
  await learned(agent);
  let held = false;
  const follow = (async () => {
    for (let version = 0; !held;) {
      const answer = await ask(`/api/v1/agents/${agent}/directive?version=${version}&wait=5&instance_id=i`);
      const { directive } = (await answer.json()) as { directive: { version: number; status: string } };
      version = directive.version;
      held = directive.status === "quarantined";
    }
  })();
  const send = (tokens: number) => ask("/api/v1/ingest", { events: [event(tokens, Date.now())] });
  expect(await note("REST, directive by long poll", agent, await flood(send, () => held))).toBeGreaterThanOrEqual(0);
  await follow;
});

const text = (name: string, value: string | number) => ({ key: name, value: typeof value === "number" ? { intValue: value } : { stringValue: value } }); // prettier-ignore
const hex = (bytes: number) => Array.from({ length: bytes * 2 }, () => Math.floor(Math.random() * 16).toString(16)).join(""); // prettier-ignore

test("OTLP", async () => {
  const ask = as(await keyOf("otlp"));
  let spans = 0;
  const span = (input: number, at: number) => ({
    traceId: hex(16), spanId: hex(8), name: "chat m-1", kind: 3, startTimeUnixNano: `${at - 800}000000`, endTimeUnixNano: `${at}000000`,
    attributes: [
      text("gen_ai.operation.name", "chat"), text("gen_ai.request.model", "m-1"), text("gen_ai.usage.input_tokens", input),
      text("gen_ai.usage.output_tokens", OUTPUT_TOKENS), text("gen_ai.conversation.id", `c-${Math.floor(spans++ / CALLS)}`),
    ],
  }); // prettier-ignore
  const post = (list: object[]) =>
    ask("/v1/traces", {
      resourceSpans: [
        { resource: { attributes: [text("service.name", "seat-otlp")] }, scopeSpans: [{ scope: { name: "s" }, spans: list }] },
      ],
    }); // prettier-ignore
  const began = Date.now();
  await post(healthy().map((tokens, i) => span(tokens, began - (LEARNED - i) * 10)));
  const [{ id: agent }] = (await until("its agent", async () => {
    const rows = await server.rows<{ id: string }>("SELECT id FROM agents WHERE id LIKE 'seat-otlp%'");
    return rows.length > 0 && rows;
  })) as [{ id: string }];
  await learned(agent);
  const { sent } = await flood((tokens) => post([span(tokens, Date.now())]), () => isOpen(agent)); // prettier-ignore
  expect(await note("OTLP", agent, { sent, heldAt: null })).toBeGreaterThanOrEqual(0);
});

/** A coding agent of this user, whose telemetry and hooks come with a key of its own. */
async function codingAgent(user: string) {
  const ask = as(await keyOf(user));
  let [calls, asks] = [0, 0];
  const session = () => `${user}-${Math.floor(calls / CALLS)}`;
  return {
    agent: `claude-code:${user}`,
    record: (input: number, at: number) => {
      calls++;
      const said = { "event.name": "api_request", "session.id": session(), "user.email": user, model: "m", input_tokens: `${input}`, output_tokens: `${OUTPUT_TOKENS}`, duration_ms: "800" }; // prettier-ignore
      return { timeUnixNano: `${at}000000`, attributes: Object.entries(said).map(([name, value]) => text(name, value)) };
    },
    post: (logRecords: object[]) =>
      ask("/v1/logs", {
        resourceLogs: [
          { resource: { attributes: [text("service.name", "claude-code")] }, scopeLogs: [{ scope: { name: "s" }, logRecords }] },
        ],
      }),
    /** Whether a call is refused; without a command, the next one of many. */
    isRefused: async (command = `make ${asks}`): Promise<boolean> => {
      const of = { session_id: session(), transcript_path: `/home/${user}/.claude/projects/x/s.jsonl`, cwd: "/", tool_name: "Bash", tool_input: { command }, tool_use_id: `${user}-${++asks}` }; // prettier-ignore
      const answer = await ask("/api/v1/hooks/claude-code", { ...of, hook_event_name: "PreToolUse" });
      const isRefused = (await answer.text()).includes('"deny"');
      const ran = { ...of, hook_event_name: "PostToolUse", tool_response: { stdout: "x" }, duration_ms: 5 };
      if (!isRefused) await ask("/api/v1/hooks/claude-code", ran);
      return isRefused;
    },
  }; // prettier-ignore
}

test("hooks of a coding agent, watched by its telemetry", async () => {
  const { agent, record, post, isRefused } = await codingAgent("ada@example.com");
  const began = Date.now();
  await post(healthy().map((tokens, i) => record(tokens, began - (LEARNED - i) * 10)));
  await isRefused();
  await learned(agent);
  const flooded = await flood((tokens) => post([record(tokens, Date.now())]), () => isRefused()); // prettier-ignore
  expect(await note("hooks, watched by telemetry", agent, flooded)).toBeGreaterThanOrEqual(0);
});

test("hooks of a coding agent, by the breaker", async () => {
  const { record, post, isRefused } = await codingAgent("bob@example.com");
  await post([record(1_000, Date.now())]);
  let [asked, began] = [0, 0];
  do {
    asked++;
    began = Date.now();
  } while (!(await isRefused("make again")));
  table.push(`hooks, the eighth identical call | at once | ${((Date.now() - began) / 1_000).toFixed(2)} s`);
  expect(asked).toBe(8);
});

test("gateway", async () => {
  const agent = "seat-gateway";
  const key = await keyOf(agent, { agent_id: agent, scopes: ["gateway"] });
  let calls = 0;
  const ask = async (input_tokens: number) => {
    upstream.plays(json({ ...SAMPLES.messages.whole(), usage: { input_tokens, output_tokens: OUTPUT_TOKENS } }));
    return (await as(key)(SAMPLES.messages.path, { model: "claude-sonnet-4-5", messages: [] }, { "x-sentinel-run": `r-${Math.floor(calls++ / CALLS)}` })).status; // prettier-ignore
  };
  for (const tokens of healthy()) expect(await ask(tokens)).toBe(200);
  await learned(agent);
  const sent: Flooded["sent"] = [];
  for (const tokens of FLOOD) {
    const began = Date.now();
    // The seat is asked with each request: it hears of a hold at the next one.
    if ((await ask(tokens)) === 403) break;
    sent.push([tokens, began]);
    await wait(EVERY_MS);
  }
  expect(sent.length).toBeLessThan(FLOOD.length);
  expect(
    await note(`gateway, a request every ${EVERY_MS} ms`, agent, { sent, heldAt: Date.now() }),
  ).toBeGreaterThanOrEqual(0);
});

test.each([
  ["TypeScript SDK", "seat-ts", Host.typescript, true],
  ["Python SDK", "seat-py", Host.python, hasPython],
] as const)("%s", async (seat, agent, start, possible) => {
  if (!possible) return void table.push(`${seat} | skipped: no Python 3.9 was found |`);
  const host = start({ url: server.sentinel.url, key: await keyOf(agent), agentType: agent, agents: [{ id: agent }], paceMs: 1_000 }); // prettier-ignore
  await host.order({ do: "learn", tokens: healthy() });
  await learned(agent);
  const flooded = await host.order<Flooded>({ do: "flood", tokens: FLOOD, everyMs: EVERY_MS });
  expect(flooded.heldAt).not.toBeNull();
  expect(await note(seat, agent, flooded)).toBeGreaterThanOrEqual(0);
  expect(await host.end()).toBe(0);
});
