import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { AgentEvent } from "@/lib/contracts/event";
import { Book, HOLD_MS } from "./book";
import { priceOf } from "./prices";
import { read } from "./read";
import type { Signal } from "./shape";
import type { Told } from "./told";

/** What real programs sent, beside the project where it is there. */
const CLIENTS = resolve("../shared/clients");
const PROGRAMS = ["claude-code-protobuf", "claude-code-json", "codex", "gemini-cli"];
const FILE = /otlp-(logs|metrics|traces)\.(pb|json)$/;
const AT = Date.parse("2026-11-27T14:04:00Z");

interface Body {
  signal: Signal;
  told: readonly Told[];
}
const bodiesOf = (program: string): Body[] =>
  readdirSync(join(CLIENTS, program))
    .toSorted()
    .flatMap((file) => {
      const [, signal, kind] = FILE.exec(file) ?? [];
      if (!signal) return [];
      const bytes = readFileSync(join(CLIENTS, program, file));
      const { told } = read(signal as Signal, kind === "json" ? { json: JSON.parse(bytes.toString()) } : bytes);
      return [{ signal: signal as Signal, told }];
    });

/** Takes bodies in as requests, one after another, and sums the events that follow, as a run's totals are summed. */
function replayed(bodies: readonly Body[]) {
  const priced = (model: string) => priceOf(model, new Map());
  let stored: ReturnType<Book["toStore"]> = [];
  const events: Partial<AgentEvent>[] = [];
  const sessions = new Set<string>();
  const book = (now: number) =>
    new Book(structuredClone(stored), { now, priceOf: priced, agentIdOf: (id) => id, mayBegin: () => true });
  const keep = (done: Book) => {
    const changed = done.toStore();
    stored = [...stored.filter(({ name }) => !changed.some((entry) => entry.name === name)), ...changed];
  };
  for (const { told } of bodies) {
    const one = book(AT);
    for (const record of told) events.push(...(one.take(record) ?? []));
    keep(one);
  }
  const later = book(AT + HOLD_MS);
  for (const entry of stored.filter(({ heldAt }) => heldAt !== null)) events.push(...later.release(entry.name));
  for (const event of events) {
    expect(AgentEvent.safeParse(event)).toMatchObject({ success: true });
    sessions.add(String(event.run_id));
  }
  const sum = (of: (event: Partial<AgentEvent>) => number | null | undefined) =>
    events.reduce((total, event) => total + (of(event) ?? 0), 0);
  const calls = (kind: string, counter: string) =>
    sum((event) => (event.kind === kind ? 1 : event.kind === "usage" ? (event.attributes?.[counter] as number) : 0));
  const costs = events.flatMap(({ cost }) => (cost == null ? [] : [cost]));
  return {
    sessions: sessions.size,
    agents: new Set(events.map(({ agent_id }) => agent_id)).size,
    model_calls: calls("model_call", "model_calls"),
    tool_calls: calls("tool_call", "tool_calls"),
    tool_failures: events.filter(({ kind, success }) => kind === "tool_call" && success === false).length,
    input: sum(({ input_tokens }) => input_tokens),
    cached: sum(({ cached_input_tokens }) => cached_input_tokens),
    cacheWrite: sum(({ cache_write_tokens }) => cache_write_tokens),
    output: sum(({ output_tokens }) => output_tokens),
    reasoning: sum(({ reasoning_tokens }) => reasoning_tokens),
    cost: costs.length === 0 ? null : Math.round(costs.reduce((a, b) => a + b, 0) * 1e9) / 1e9,
    tools: [...new Set(events.flatMap(({ kind, tool }) => (kind === "tool_call" ? [tool] : [])))],
  };
}

function expectedOf(program: string) {
  const e = JSON.parse(readFileSync(join(CLIENTS, program, "expected.json"), "utf8"));
  return {
    sessions: 1,
    agents: 1,
    model_calls: e.model_calls,
    tool_calls: e.tool_calls,
    tool_failures: e.tool_failures,
    input: e.input_tokens_including_cached ?? e.input_tokens_uncached + e.cache_write_tokens + e.cache_read_tokens,
    cached: e.cache_read_tokens,
    cacheWrite: e.cache_write_tokens ?? 0,
    output: e.output_tokens,
    reasoning: e.reasoning_tokens ?? 0,
    cost: e.cost_usd,
  };
}

/** Orders of a few bodies, drawn without chance so that a failure can be seen again. */
function shuffled<T>(list: readonly T[], seed: number): T[] {
  const all = [...list];
  let x = seed * 2_654_435_761 + 1;
  for (let i = all.length - 1; i > 0; i--) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    const j = x % (i + 1);
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all;
}

describe.skipIf(!existsSync(CLIENTS)).each(PROGRAMS)("%s", (program) => {
  const bodies = existsSync(CLIENTS) ? bodiesOf(program) : [];
  const expected = existsSync(CLIENTS) ? expectedOf(program) : null!;

  test("all signals, in 200 orders, each body twice", () => {
    expect(replayed(bodies)).toMatchObject(expected);
    expect(replayed(bodies.toReversed())).toMatchObject(expected);
    for (let seed = 0; seed < 200; seed++)
      expect(replayed(shuffled([...bodies, ...bodies], seed)), `seed ${seed}`).toMatchObject(expected);
  });

  test.each(["logs", "traces", "metrics"] as const)("%s alone", (signal) => {
    const alone = bodies.filter((body) => body.signal === signal);
    if (alone.length === 0) return;
    // What a signal does not tell is not expected of it: Claude Code counts no calls, Gemini CLI's spans have no tokens.
    const silent: Partial<typeof expected> = {};
    if (signal === "metrics" && program.startsWith("claude")) Object.assign(silent, { model_calls: 0, tool_calls: 0 });
    if (signal === "traces" && program === "gemini-cli")
      Object.assign(silent, { input: 0, cached: 0, output: 0, reasoning: 0 });
    const wanted = { ...expected, ...silent };
    for (let seed = 0; seed < 20; seed++)
      expect(replayed(shuffled([...alone, ...alone], seed)), `seed ${seed}`).toMatchObject(wanted);
  });
});

test.skipIf(!existsSync(CLIENTS)).each([
  ["claude-code-protobuf", "logs", { effort: ["medium"] }],
  ["claude-code-protobuf", "traces", { effort: ["medium"], response_model: ["claude-opus-5-5"] }],
  ["claude-code-json", "logs", { effort: ["medium"] }],
  ["codex", "traces", { effort: ["default"] }],
  // A call without tools says nothing of them.
  ["gemini-cli", "traces", { tools_hash: [null, expect.stringMatching(/^[\w-]{11}$/)] }],
] as const)("%s says in its %s what its calls were set to", (program, signal, expected) => {
  const events = bodiesOf(program)
    .filter((body) => body.signal === signal)
    .flatMap(({ told }) => told.flatMap(({ kind, event }) => (kind === "model_call" ? [event] : [])));
  for (const [field, values] of Object.entries(expected))
    expect([...new Set(events.map((event) => event[field as keyof AgentEvent]))]).toEqual(values);
});
