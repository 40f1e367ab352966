import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AgentEvent, EVENT_FIELDS, EVENT_LIMITS } from "./event";
import { plainEvent } from "./plain-event";

const read = (raw: unknown) => {
  const strangers: string[] = [];
  return { event: plainEvent(raw, (name) => strangers.push(name)), strangers };
};

const CALL = {
  agent_id: "a-1",
  kind: "model_call",
  timestamp: 1_790_000_000_000,
  sequence: 7,
  run_id: "r-1",
  model: "gpt-5-mini",
  latency_ms: 812.5,
  input_tokens: 500,
  cost: 0.01,
  success: true,
};

describe("a plain event", () => {
  it("is read without the schema; what it leaves unsaid is left out", () => {
    expect(read(CALL)).toEqual({ event: CALL, strangers: [] });
    expect(read({ ...CALL, region: null, task_id: "" })).toEqual({ event: CALL, strangers: [] });
    expect(read({ ...CALL, latencyMs: 5 })).toEqual({ event: CALL, strangers: ["latencyMs"] });
  });

  it.each([
    ["no agent", { latency_ms: 5 }],
    ["an empty agent", { ...CALL, agent_id: "" }],
    ["nobody", { ...CALL, agent_id: null }],
    ["a negative count", { ...CALL, input_tokens: -1 }],
    ["a number that is none", { ...CALL, latency_ms: Number.NaN }],
    ["more than any number", { ...CALL, cost: JSON.parse("1e999") as number }],
    ["half a sequence", { ...CALL, sequence: 1.5 }],
    ["a yes in quotes", { ...CALL, success: "true" }],
    ["a kind that is none", { ...CALL, kind: "call" }],
    ["a name too long", { ...CALL, model: "m".repeat(EVENT_LIMITS.name + 1) }],
    ["a control character", { ...CALL, model: "a\u0007b" }],
    ["a time as text", { ...CALL, timestamp: "2026-09-21T10:00:00Z" }],
    ["letters beyond ASCII", { ...CALL, model: "größer" }],
    ["attributes", { ...CALL, attributes: { a: 1 } }],
    ["an agent that no URL can name", { ...CALL, agent_id: ".." }],
    ["a type that no URL can name", { ...CALL, agent_type: "." }],
    ["a list", [CALL]],
    ["nothing", null],
    ["a word", "event"],
  ])("with %s is the schema's to judge", (_, raw) => {
    expect(read(raw).event).toBeNull();
  });

  it("says what the schema says, whatever it holds", () => {
    const texts = [
      "",
      "a",
      "x".repeat(200),
      "x".repeat(201),
      "\u0000",
      "é",
      "\ud800",
      "model_call",
      "read",
      "2026-01-01T00:00:00Z",
    ];
    const numbers = [
      0,
      -0,
      1,
      -1,
      0.5,
      99,
      100,
      599,
      600,
      1e6,
      1.3e8,
      1e11,
      1e12,
      1e13,
      2 ** 53,
      1e300,
      Number.POSITIVE_INFINITY,
    ];
    const value = fc.oneof(
      fc.constantFrom<unknown>(...texts, ...numbers, true, false, null, {}, [], [1]),
      fc.double(),
      fc.string(),
    );
    const name = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...EVENT_FIELDS) }, { weight: 1, arbitrary: fc.constantFrom("x", "__proto__", "constructor", "toString") }); // prettier-ignore
    const raw = fc.array(fc.tuple(name, value), { maxLength: 6 }).map((pairs) => {
      const text = `{"agent_id":"a",${pairs.map(([key, v]) => `${JSON.stringify(key)}:${JSON.stringify(v) ?? "null"}`).join(",")}}`;
      return JSON.parse(text.replace(/,\}$/, "}")) as object;
    });
    let plain = 0;
    fc.assert(
      fc.property(raw, (event) => {
        const { event: read_ } = read(event);
        const checked = AgentEvent.safeParse(event);
        if (!read_) return;
        plain++;
        expect(checked.success).toBe(true);
        const said = Object.entries(checked.data!).filter(([, v]) => v !== null && v !== undefined && v !== "");
        expect(read_).toEqual(Object.fromEntries(said));
      }),
      { numRuns: 5_000 },
    );
    expect(plain).toBeGreaterThan(500);
  });
});
