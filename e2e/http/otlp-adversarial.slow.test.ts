import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OwnServer, until } from "./own-server";

/** Senders that mean harm, or are broken, against a built server of their own; beside them another key's agents go on. */
const server = new OwnServer({ KEY_EVENTS_PER_SECOND: "5000" });
let hostile = "";
let honest = "";
const newKey = async (name: string) => (await server.ask<{ secret: string }>("POST", "/api/v1/keys", { name, scopes: ["events", "logs"], services: ["*"] })).secret; // prettier-ignore
beforeAll(async () => {
  await server.setUp();
  [hostile, honest] = [await newKey("hostile"), await newKey("honest")];
});
afterAll(() => server.remove());

/** As docs/otlp.md has it. */
const NEW_SESSIONS_PER_MINUTE = 3_000;
/** While somebody does harm, others get their answer within this. The machine may be busy with other work, too. */
const OTHERS_WAIT_MS = 10_000;

const post = (key: string, signal: string, body: Uint8Array | string, headers: Record<string, string> = {}) =>
  fetch(`${server.sentinel.url}/v1/${signal}`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: body as string,
    signal: AbortSignal.timeout(120_000),
  });
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const nano = (at: number) => `${Math.round(at)}000000`;

interface Call {
  session: string;
  at?: number;
  more?: object[];
}
const traces = (program: string, calls: readonly Call[]) =>
  JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [text("service.name", program)] },
        scopeSpans: [
          {
            scope: { name: "s" },
            spans: calls.map(({ session, at = Date.now(), more = [] }) => ({
              traceId: randomBytes(16).toString("hex"),
              spanId: randomBytes(8).toString("hex"),
              name: "chat",
              kind: 3,
              startTimeUnixNano: nano(at - 100),
              endTimeUnixNano: nano(at),
              attributes: [
                text("gen_ai.operation.name", "chat"),
                text("gen_ai.request.model", "m"),
                text("gen_ai.conversation.id", session),
                { key: "gen_ai.usage.input_tokens", value: { intValue: "10" } },
                ...more,
              ],
            })),
          },
        ],
      },
    ],
  });

interface Run {
  run_id: string;
  model_calls: number;
  tokens: number | null;
}
async function runsOf(agent: string): Promise<Run[]> {
  const { status, body } = await server.send("GET", `/api/v1/agents/${encodeURIComponent(agent)}/runs`);
  return status === 200 ? (body as { runs: Run[] }).runs : [];
}

/** Does harm while another key's agent reports and `/healthz` is asked, all the time. How long the slowest of those took, in ms. */
async function beside<T>(
  agent: string,
  harm: () => Promise<T>,
): Promise<{ done: T; slowest: number; reported: number }> {
  let over = false;
  const done = harm().finally(() => (over = true));
  let slowest = 0;
  let reported = 0;
  do {
    const began = performance.now();
    const [health, taken] = await Promise.all([
      fetch(`${server.sentinel.url}/healthz`, { signal: AbortSignal.timeout(60_000) }),
      post(honest, "traces", traces(agent, [{ session: `${agent}-run` }])),
    ]);
    slowest = Math.max(slowest, performance.now() - began);
    expect([health.status, taken.status, await taken.json()]).toEqual([200, 200, {}]);
    reported += 1;
  } while (!over);
  const result = { done: await done, slowest, reported };
  await until(`${agent}'s calls`, async () => (await runsOf(agent))[0]?.model_calls === reported);
  expect(slowest).toBeLessThan(OTHERS_WAIT_MS);
  // oxlint-disable-next-line no-console -- the figures are the point
  console.log(`${agent}: ${reported} reports of another key meanwhile, the slowest ${Math.round(slowest)} ms`);
  return result;
}

const partial = async (answer: Response) => ({
  status: answer.status,
  ...((await answer.json()) as { partialSuccess?: { rejectedSpans?: string; errorMessage?: string } }).partialSuccess,
});

test("a million attributes: refused where the body is too large, and cheap where gzip makes it fit the wire but not the limit", async () => {
  const many = Array.from({ length: 1_000_000 }, (_, i) => ({ key: `k${i}`, value: { intValue: "1" } }));
  const body = traces("million", [{ session: "million", more: many }]);
  const { done } = await beside("million-bystander", async () => [
    (await post(hostile, "traces", body)).status,
    (await post(hostile, "traces", gzipSync(body), { "content-encoding": "gzip" })).status,
  ]);
  expect(done).toEqual([413, 413]);
  // As protobuf a million attributes fit: they cost their bytes.
  const attribute = Buffer.from([0x4a, 0]);
  const record = Buffer.concat([
    Buffer.from([0x0a, 16]), randomBytes(16), Buffer.from([0x12, 8]), randomBytes(8),
    Buffer.concat(Array.from({ length: 1_000_000 }, () => attribute)),
  ]); // prettier-ignore
  const wrap = (field: number, bytes: Buffer) => {
    const length: number[] = [];
    for (let n = bytes.length; ; n >>>= 7) {
      length.push(n > 127 ? (n & 127) | 128 : n);
      if (n <= 127) break;
    }
    return Buffer.concat([Buffer.from([(field << 3) | 2, ...length]), bytes]);
  };
  const request = wrap(1, wrap(2, wrap(2, record)));
  const protobuf = await beside("protobuf-bystander", async () =>
    (await post(hostile, "traces", request, { "content-type": "application/x-protobuf" })).status); // prettier-ignore
  expect(protobuf.done).toBe(200);
});

test("values that nest a hundred thousand deep, in JSON and in protobuf, are answered", async () => {
  const deep = `${'{"arrayValue":{"values":['.repeat(100_000)}${"]}}".repeat(100_000)}`;
  const body = traces("deep", [{ session: "deep" }]).replace('{"stringValue":"m"}', deep);
  const { done } = await beside("deep-bystander", async () => {
    const answers = [await post(hostile, "traces", body)];
    // A value within a value within a value, each as long as what is left.
    let nested = Buffer.from([0x0a, 0]);
    for (let i = 0; i < 20_000; i++) {
      const length: number[] = [];
      for (let n = nested.length; ; n >>>= 7) {
        length.push(n > 127 ? (n & 127) | 128 : n);
        if (n <= 127) break;
      }
      nested = Buffer.concat([Buffer.from([0x2a, ...length]), nested]);
    }
    answers.push(await post(hostile, "traces", nested, { "content-type": "application/x-protobuf" }));
    return answers.map(({ status }) => status);
  });
  for (const status of done) expect(status).toBeOneOf([200, 400]);
});

test("a foreign agent's name: refused with the reason, and the agent stays as it was", async () => {
  const agent = "foreign-target";
  await post(honest, "traces", traces(agent, [{ session: `${agent}-own` }]));
  await until("the agent", async () => (await runsOf(agent))[0]?.model_calls === 1);
  const answer = await partial(await post(hostile, "traces", traces(agent, [{ session: "planted" }, { session: `${agent}-own` }]))); // prettier-ignore
  expect(answer).toMatchObject({ status: 200, rejectedSpans: "2", errorMessage: expect.stringMatching(/may not report for this agent/) as string }); // prettier-ignore
  expect(await runsOf(agent)).toMatchObject([{ run_id: `${agent}-own`, model_calls: 1 }]);
});

test("counters that lie: what falls, and what no counter can be, counts nothing and is flagged", async () => {
  const session = "liar-session";
  const start = Date.now() - 60_000;
  const send = (value: number | string, at = Date.now()) =>
    post(
      hostile,
      "metrics",
      JSON.stringify({
        resourceMetrics: [
          {
            resource: { attributes: [text("service.name", "claude-code"), text("user.email", "liar")] },
            scopeMetrics: [
              {
                scope: { name: "s" },
                metrics: [
                  {
                    name: "claude_code.token.usage",
                    sum: {
                      aggregationTemporality: 2,
                      dataPoints: [
                        {
                          startTimeUnixNano: nano(start),
                          timeUnixNano: nano(at),
                          asDouble: value,
                          attributes: [text("session.id", session), text("type", "input"), text("model", "m")],
                        },
                      ],
                    },
                  },
                ],
              },
            ],
          },
        ],
      }),
    );
  const answers = [];
  for (const value of [1_000, 1_500, 10, 1_500, -5, 1e300, "NaN"]) answers.push(await (await send(value)).json());
  await until("the counter's increase", async () => (await runsOf("claude-code:liar"))[0]?.tokens === 1_500);
  expect(JSON.stringify(answers)).toMatch(/partialSuccess/);
  const { records } = await server.ask<{ records: { program: string; name: string; fate: string; records: number }[] }>(
    "GET",
    "/api/v1/otlp-records",
  );
  const flagged = records.filter(({ program, fate }) => program === "claude-code" && fate === "dropped");
  expect(flagged.map(({ name }) => name).join("; ")).not.toBe("");
});

test("a clock that is a day off, either way: the calls count once, at their arrival or as late, and no other agent's do", async () => {
  const day = 24 * 60 * 60_000;
  for (const [agent, at] of [["day-behind", Date.now() - day], ["day-ahead", Date.now() + day]] as const) {
    expect((await post(hostile, "traces", traces(agent, [{ session: agent, at }]))).status).toBe(200);
    await until(agent, async () => (await runsOf(agent))[0]?.model_calls === 1);
  } // prettier-ignore
  const rows = await server.rows<{ agent_id: string; late: number; restamped: number; off: number }>(
    "SELECT agent_id, late, restamped, abs(at - received_at) AS off FROM agent_events WHERE agent_id LIKE 'day-%'",
  );
  expect(rows).toHaveLength(2);
  for (const row of rows) expect(row.late + row.restamped, JSON.stringify(row)).toBeGreaterThan(0);
  // What would be in the future is stamped on arrival.
  expect(rows.find(({ agent_id: id }) => id === "day-ahead")!.off).toBeLessThan(60_000);
  // Server spans a day off are no signal of now.
  const spans = traces("day-service", [{ session: "x", at: Date.now() - day }]).replace('"kind":3', '"kind":2').replace('"gen_ai.operation.name"', '"other"').replace('"gen_ai.request.model"', '"other"').replace('"gen_ai.usage.input_tokens"', '"other"').replace('"gen_ai.conversation.id"', '"other"'); // prettier-ignore
  expect(await partial(await post(hostile, "traces", spans))).toMatchObject({ rejectedSpans: "1", errorMessage: expect.stringMatching(/within the last 10 minutes/) as string }); // prettier-ignore
});

test("ten thousand new sessions a second: most are refused, with the count, and another key's are not", async () => {
  let made = 0;
  const { done } = await beside("sessions-bystander", async () => {
    const answers = [];
    for (let second = 0; second < 3; second++)
      for (let part = 0; part < 4; part++) {
        const calls = Array.from({ length: 2_500 }, () => ({ session: `made-up-${made++}` }));
        answers.push(await post(hostile, "traces", traces("session-maker", calls)));
      }
    return Promise.all(answers.map(async (answer) => [answer.status, answer.headers.get("retry-after"), await answer.text()] as const)); // prettier-ignore
  });
  for (const [status, retry] of done)
    if (status === 429) expect(Number(retry)).toBeGreaterThan(0);
    else expect(status).toBe(200);
  expect(done.some(([, , body]) => body.includes("too many new sessions per minute for this key"))).toBe(true);
  const [{ n }] = (await server.rows<{ n: number }>("SELECT count(*) AS n FROM otlp_sessions WHERE name LIKE 'session:made-up-%'")) as [{ n: number }]; // prettier-ignore
  // A minute may end in the middle.
  expect(n).toBeGreaterThan(0);
  expect(n).toBeLessThanOrEqual(2 * NEW_SESSIONS_PER_MINUTE);
});

test("more than a key may send: 429 with Retry-After, and another key's goes through", async () => {
  const calls = Array.from({ length: 4_000 }, () => ({ session: "flood" }));
  const body = gzipSync(traces("flooder", calls));
  const { done } = await beside("flood-bystander", async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => post(hostile, "traces", body, { "content-encoding": "gzip" }))); // prettier-ignore
    return answers.map(({ status, headers }) => [status, headers.get("retry-after")] as const);
  });
  const refused = done.filter(([status]) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  for (const [, retry] of refused) expect(Number(retry)).toBeGreaterThan(0);
});
