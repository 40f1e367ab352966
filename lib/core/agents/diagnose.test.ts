import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CHANGE_WINDOW_MS,
  diagnose,
  type DiagnoseInput,
  suspectTools,
  type Symptom,
  type ToolEvidence,
  WEAK_CAP,
} from "./diagnose";
import { RULES } from "./diagnose-rules";
import { ANOMALY_TYPES, type AnomalyType, CHANGE_KINDS, DIAGNOSES, METRICS } from "../base/vocabulary";

const AT = 1_700_000_000_000;
const seen = (type: AnomalyType, metric = "token_count", more: Partial<Symptom> = {}): Symptom => ({
  type,
  metric,
  at: AT,
  ...more,
});
const tool = (name: string, more: Partial<ToolEvidence> = {}): ToolEvidence => ({
  name,
  errorRate: 0,
  revoked: false,
  ...more,
});
const input = (anomalies: Symptom[], more: Partial<DiagnoseInput> = {}): DiagnoseInput => ({
  anomalies,
  changes: [],
  external: false,
  tools: [],
  ...more,
});
const undeclared = (kind: "prompt" | "tools", at = AT - 60_000) => ({ kind, at, declared: false });

const tokens = seen("token_spike");
const inputs = seen("input_token_spike", "input_tokens");
const cost = seen("cost_spike", "cost");
const many = seen("tool_explosion", "tool_calls");
const slow = seen("latency_spike", "latency_ms");
const retries = seen("high_retry_rate", "retries");
const errors = seen("error_rate_spike", "error");
const again = seen("repetition", "repetition");
const bytes = seen("gauge_shift", "result_bytes");
const prompt = seen("prompt_change", "prompt_hash");

/** Confidences by hand: e^sum / (e^1 + the e^sums of all seven). */
const share = (own: number, ...others: number[]) =>
  Math.exp(own) / [1, own, ...others].reduce((sum, w) => sum + Math.exp(w), 0);

describe("diagnosis", () => {
  it.each<[string, DiagnoseInput, string, number[], boolean]>([
    ["nothing at all", input([]), "unknown", [], true],
    ["a pattern that no rule knows", input([seen("silence", "silence")]), "unknown", [], true],
    ["agents leaving together", input([slow, errors], { external: true }), "external_cause", [0, 1], false],
    ["slowness alone", input([slow]), "external_cause", [0], true],
    ["an undeclared prompt and more tokens", input([prompt, tokens, cost]), "prompt_drift", [0, 1, 2], false],
    [
      "the same, the change known from its record",
      input([tokens], { changes: [undeclared("prompt")] }),
      "prompt_drift",
      [0],
      false,
    ],
    [
      "a declared prompt and more tokens",
      input([tokens], { changes: [{ kind: "prompt", at: AT, declared: true }] }),
      "prompt_drift",
      [0],
      false,
    ],
    ["the same action over and over", input([tokens, again, cost]), "infinite_loop", [1], false],
    ["many more tool calls", input([many]), "infinite_loop", [0], false],
    [
      "a failing tool",
      input([retries, slow], { tools: [tool("db", { errorRate: 0.9, calls: 10 })] }),
      "tool_instability",
      [0],
      false,
    ],
    [
      "a tool call that hangs",
      input([seen("stuck_run", "stuck_run")], { tools: [tool("db", { errorRate: null, open: true })] }),
      "tool_instability",
      [0],
      false,
    ],
    [
      "failing calls of a named tool",
      input([errors, seen("high_retry_rate", "retries", { detail: { tool: "db" } })]),
      "tool_instability",
      [0, 1],
      false,
    ],
    ["a context flooded by a tool's result", input([inputs, bytes]), "prompt_injection", [0, 1], true],
    [
      "loops in two runs",
      input([
        seen("tool_explosion", "x", { runId: "r1" }),
        seen("tool_explosion", "x", { runId: "r2" }),
        seen("cache_collapse", "cache_ratio"),
      ]),
      "memory_corruption",
      [0, 1, 2],
      false,
    ],
    [
      "spending that nothing explains",
      input([seen("spend_velocity", "spend_per_min"), cost]),
      "cost_overrun",
      [0, 1],
      false,
    ],
  ])("%s", (_, i, diagnosis, cites, weak) => {
    const first = diagnose(i)[0];
    expect(first).toMatchObject({ diagnosis, cites, weak });
  });

  it("takes loops within one run for no sign of memory", () => {
    const loops = [seen("tool_explosion", "x", { runId: "r1" }), seen("repetition", "x", { runId: "r1" })];
    expect(diagnose(input(loops)).map((d) => d.diagnosis)).toEqual(["infinite_loop", "unknown"]);
  });

  it("has the confidence that its weights say", () => {
    const [first, ...rest] = diagnose(input([again]));
    expect(first?.confidence).toBeCloseTo(share(4, 0, 0, 0, 0, 0, 0), 12);
    expect(rest.map((d) => d.diagnosis)).toEqual(["unknown"]);
    const together = diagnose(input([slow], { external: true }))[0];
    expect(together?.confidence).toBeCloseTo(share(7.5, 0, 0, 0, 0, 0, 0), 12);
  });

  it("suggests an injection from vitals alone weakly, and says so", () => {
    const [first] = diagnose(input([inputs, bytes, many]));
    expect(first).toMatchObject({ diagnosis: "prompt_injection", weak: true });
    expect(first?.confidence).toBeLessThanOrEqual(WEAK_CAP);
    expect(first?.statement).toContain("Weak: supported by vitals only");
    const [sure] = diagnose(
      input([inputs, bytes, many], { tools: [tool("mail", { unfamiliar: true, sideEffect: "external" })] }),
    );
    expect(sure).toMatchObject({ diagnosis: "prompt_injection", weak: false });
    expect(sure!.confidence).toBeGreaterThan(WEAK_CAP);
    expect(sure?.statement).not.toContain("Weak");
  });

  it.each([
    [AT - CHANGE_WINDOW_MS, "prompt_drift"],
    [AT - CHANGE_WINDOW_MS - 1, "unknown"],
    [AT + 1, "unknown"],
  ])("counts a change within the window only (%d)", (at, diagnosis) => {
    expect(diagnose(input([tokens], { changes: [undeclared("prompt", at)] }))[0]?.diagnosis).toBe(diagnosis);
  });

  it("never says what caused what", () => {
    for (const { sign } of RULES) expect(sign).not.toMatch(/caus|because|due to|fixed/);
  });

  it("documents its weights as they are", () => {
    const source = readFileSync(new URL("./diagnose-rules.ts", import.meta.url), "utf8");
    const table = [...source.matchAll(/^ \* \| (\w+) \| [^|]+ \| ([\d.]+) \| (weak )?\|$/gm)];
    expect(table.map(([, diagnosis, weight, weak]) => [diagnosis, Number(weight), weak !== undefined])).toEqual(
      RULES.map((r) => [r.diagnosis, r.weight, r.indirect]),
    );
  });

  it("can name every diagnosis", () => {
    const named = new Set(RULES.map((r) => r.diagnosis));
    expect(DIAGNOSES.filter((d) => d !== "unknown" && !named.has(d))).toEqual([]);
  });

  const symptom = fc.record({
    type: fc.constantFrom(...ANOMALY_TYPES),
    metric: fc.constantFrom<string>(...METRICS),
    at: fc.integer({ min: AT - 1e7, max: AT }),
    runId: fc.option(fc.constantFrom("r1", "r2")),
    detail: fc.oneof(fc.constant({}), fc.constant({ tool: "db" }), fc.constant({ tool: 3 })),
  });
  const any = fc.record({
    anomalies: fc.array(symptom, { maxLength: 12 }),
    changes: fc.array(
      fc.record({
        kind: fc.constantFrom(...CHANGE_KINDS),
        at: fc.integer({ min: AT - 1e7, max: AT }),
        declared: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
    external: fc.boolean(),
    tools: fc.array(
      fc.record({
        name: fc.constantFrom("db", "web", "mail"),
        errorRate: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        revoked: fc.boolean(),
        open: fc.boolean(),
        floods: fc.boolean(),
        unfamiliar: fc.boolean(),
        sideEffect: fc.constantFrom("read" as const, "write" as const, null),
      }),
      { maxLength: 3 },
    ),
  });

  it("is ranked, cites what exists, sums to one and ends with unknown", () => {
    fc.assert(
      fc.property(any, (i) => {
        const ranked = diagnose(i);
        expect(ranked.at(-1)?.diagnosis).toBe("unknown");
        expect(new Set(ranked.map((d) => d.diagnosis)).size).toBe(ranked.length);
        expect(ranked.reduce((sum, d) => sum + d.confidence, 0)).toBeCloseTo(1, 9);
        const named = ranked.slice(0, -1);
        named.forEach((d, n) => {
          expect(d.confidence).toBeGreaterThan(0);
          if (n > 0) expect(d.confidence).toBeLessThanOrEqual(named[n - 1]!.confidence);
          if (d.weak) expect(d.confidence).toBeLessThanOrEqual(WEAK_CAP);
          expect(d.statement).toMatch(/^\p{Lu}.*\.$/u);
          for (const c of d.cites) expect(i.anomalies[c]).toBeDefined();
        });
        if (i.external) expect(ranked[0]?.diagnosis === "external_cause" || ranked.length > 2).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("accuses only tools that are known or named, and are not revoked", () => {
    fc.assert(
      fc.property(any, (i) => {
        const revoked = new Set<string>(i.tools.filter((t) => t.revoked).map((t) => t.name));
        for (const { name, reason } of suspectTools(i)) {
          expect(["db", "web", "mail"]).toContain(name);
          expect(reason).not.toBe("");
          expect(revoked.has(name) && i.tools.every((t) => t.name !== name || t.revoked)).toBe(false);
        }
      }),
    );
  });
});

describe("suspect tools", () => {
  it.each<[string, DiagnoseInput, string[]]>([
    ["none without evidence", input([again, many], { tools: [tool("db"), tool("web")] }), []],
    [
      "the failing one",
      input([retries], { tools: [tool("db", { errorRate: 0.8 }), tool("web", { errorRate: 0.3 })] }),
      ["db"],
    ],
    [
      "not one that always fails",
      input([retries], { tools: [tool("db", { errorRate: 0.8, usualErrorRate: 0.7 })] }),
      [],
    ],
    ["not one call", input([retries], { tools: [tool("db", { errorRate: 1, calls: 1 })] }), []],
    ["not a revoked one", input([retries], { tools: [tool("db", { errorRate: 1, revoked: true })] }), []],
    [
      "the one that the repetition names",
      input([seen("repetition", "repetition", { detail: { tool: "web" } })], { tools: [tool("db"), tool("web")] }),
      ["web"],
    ],
    ["named though not listed", input([seen("repetition", "repetition", { detail: { tool: "web" } })]), ["web"]],
    [
      "not by slowness of a call that names it",
      input([seen("latency_spike", "latency_ms", { detail: { tool: "web" } })]),
      [],
    ],
    ["the one that hangs", input([slow], { tools: [tool("db", { open: true, errorRate: null })] }), ["db"]],
    [
      "a new one that acts",
      input([many], {
        tools: [
          tool("mail", { unfamiliar: true, sideEffect: "external" }),
          tool("wiki", { unfamiliar: true, sideEffect: "read" }),
        ],
      }),
      ["mail"],
    ],
    [
      "worst first",
      input([again], {
        tools: [tool("a", { floods: true }), tool("b", { errorRate: 1, open: true }), tool("c", { open: true })],
      }),
      ["b", "c", "a"],
    ],
  ])("%s", (_, i, names) => {
    expect(suspectTools(i).map((t) => t.name)).toEqual(names);
  });
});
