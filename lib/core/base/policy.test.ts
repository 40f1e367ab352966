import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide, DEFAULT_TYPE_ALLOWS, MIN_CONFIDENCE, type PolicyInput } from "./policy";
import { DIAGNOSES, MODES, RISKS } from "./vocabulary";

const calm: PolicyInput = {
  mode: "act",
  globalStop: false,
  severity: 5,
  threshold: 7,
  risk: "reversible",
  action: "revoke_tools",
  typeAllows: DEFAULT_TYPE_ALLOWS,
  diagnosis: "infinite_loop",
  argumentsFromUntrustedText: false,
  confidence: 0.8,
  limited: null,
};
const demo = { typeAllows: ["none", "reversible", "hard_to_undo"] } as const;

describe("policy", () => {
  it.each<[string, Partial<PolicyInput>, string]>([
    ["reversible, below the threshold", {}, "run"],
    ["severity 6.9", { severity: 6.9 }, "run"],
    ["beyond its hours or actions", { limited: "it is outside the hours" }, "ask it is outside the hours"],
    [
      "observe, beyond its hours",
      { limited: "x", mode: "observe" },
      "record would have requested approval for revoke_tools: x",
    ],
    ["severity at the threshold", { severity: 7 }, "ask severity 7 is at or above the threshold 7"],
    ["severity 10", { severity: 10 }, "ask severity"],
    ["severity that is not a number", { severity: Number.NaN }, "ask severity"],
    ["hard to undo, by default", { risk: "hard_to_undo" }, "ask actions with this risk (hard to undo)"],
    ["hard to undo, where the type allows it", { risk: "hard_to_undo", ...demo }, "run"],
    ["hard to undo, allowed, severe", { risk: "hard_to_undo", ...demo, severity: 8 }, "ask severity"],
    ["hard to undo, allowed, doubtful", { risk: "hard_to_undo", ...demo, confidence: 0.19 }, "ask the confidence"],
    ["reversible, doubtful", { confidence: 0.45 }, "run"],
    ["reversible, a mere guess", { confidence: 0.09 }, "ask the confidence"],
    ["no confidence at all", { confidence: Number.NaN }, "ask the confidence"],
    ["nothing allowed", { typeAllows: [] }, "ask actions with this risk"],
    ["destructive, though allowed", { risk: "destructive", typeAllows: [...RISKS] }, "ask it is destructive"],
    ["arguments from text", { argumentsFromUntrustedText: true }, "ask its arguments"],
    ["the same, destructive", { argumentsFromUntrustedText: true, risk: "destructive" }, "refuse"],
    ["cause unknown", { diagnosis: "unknown" }, "ask the cause is unknown"],
    ["cause unknown, nothing changed", { diagnosis: "unknown", risk: "none", action: "notify" }, "run"],
    ["global stop", { globalStop: true }, "refuse the global stop"],
    ["global stop, recommend", { globalStop: true, mode: "recommend" }, "refuse the global stop"],
    ["recommend", { mode: "recommend" }, "ask recommend mode: every action"],
    ["recommend, severe", { mode: "recommend", severity: 9 }, "ask severity"],
    ["observe", { mode: "observe" }, "record would have run revoke_tools"],
    [
      "observe, severe",
      { mode: "observe", severity: 9 },
      "record would have requested approval for revoke_tools: severity 9",
    ],
    ["observe, stopped", { mode: "observe", globalStop: true }, "record would have refused revoke_tools: the global"],
  ])("%s", (_, change, expected) => {
    const d = decide({ ...calm, ...change });
    const text = d.kind === "run" ? "run" : `${d.kind} ${d.reason}`;
    expect(text.slice(0, expected.length)).toBe(expected);
    if (expected === "run") expect(text).toBe("run");
  });

  const any = fc.record({
    mode: fc.constantFrom(...MODES),
    globalStop: fc.boolean(),
    severity: fc.double(),
    threshold: fc.double(),
    risk: fc.constantFrom(...RISKS),
    action: fc.string(),
    typeAllows: fc.subarray([...RISKS]),
    diagnosis: fc.constantFrom(...DIAGNOSES),
    argumentsFromUntrustedText: fc.boolean(),
    confidence: fc.double(),
    limited: fc.option(fc.constant("it is outside the hours")),
  });

  it("runs only what nothing speaks against", () => {
    fc.assert(
      fc.property(any, (p) => {
        if (decide(p).kind !== "run") return;
        expect(p).toMatchObject({ mode: "act", globalStop: false, argumentsFromUntrustedText: false, limited: null });
        expect(p.severity).toBeLessThan(p.threshold);
        expect(p.typeAllows).toContain(p.risk);
        expect(p.risk).not.toBe("destructive");
        expect(p.confidence).toBeGreaterThanOrEqual(MIN_CONFIDENCE[p.risk]);
      }),
      { numRuns: 5000 },
    );
  });

  it("observes without a hand on anything, and asks about everything in recommend", () => {
    fc.assert(
      fc.property(any, (p) => {
        expect(decide({ ...p, mode: "observe" }).kind).toBe("record");
        expect(["ask", "refuse"]).toContain(decide({ ...p, mode: "recommend" }).kind);
        expect(decide({ ...p, mode: "act", globalStop: true }).kind).toBe("refuse");
      }),
    );
  });
});
