import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LADDERS, nextRung, orderedLadder, type RungContext } from "./ladder";
import { type Efficacy, FRESH_MS } from "./recall";
import { AGENT_ACTIONS, type AgentAction, DIAGNOSES, type Diagnosis, OUTCOMES, type Outcome } from "../base/vocabulary";

const NOW = 1_700_000_000_000;
const HOUR = 3600_000;

const YES: RungContext["available"][AgentAction] = { possible: true };
const every = Object.fromEntries(AGENT_ACTIONS.map((a) => [a, YES])) as RungContext["available"];
const without = (...actions: AgentAction[]): RungContext["available"] => ({
  ...every,
  ...Object.fromEntries(actions.map((a) => [a, { possible: false, reason: `no ${a}` }])),
});
const context = (c: Partial<RungContext> & { diagnosis: Diagnosis }): RungContext => ({
  tried: [],
  available: every,
  memory: [],
  now: NOW,
  ...c,
});
const known = (
  scope: Efficacy["scope"],
  action: AgentAction,
  successes: number,
  attempts: number,
  age = 0,
  diagnosis: Diagnosis = "infinite_loop",
): Efficacy => ({ scope, scopeId: scope, diagnosis, action, attempts, successes, updatedAt: NOW - age });

describe("the ladders", () => {
  it.each([
    ["prompt_drift", "reset_memory rollback_prompt reduce_autonomy clone_agent"],
    ["prompt_injection", "revoke_tools reset_memory rollback_prompt clone_agent"],
    ["infinite_loop", "revoke_tools reduce_autonomy reset_memory clone_agent"],
    ["tool_instability", "revoke_tools reduce_autonomy rollback_prompt clone_agent"],
    ["memory_corruption", "reset_memory clone_agent"],
    ["cost_overrun", "reduce_autonomy rollback_prompt reset_memory"],
    ["external_cause", "wait"],
    ["unknown", "notify"],
  ] as const)("%s: %s", (diagnosis, ladder) => {
    expect(LADDERS[diagnosis].join(" ")).toBe(ladder);
  });
});

describe("the next rung", () => {
  const tried = (...t: [AgentAction, Outcome][]) => t.map(([action, outcome]) => ({ action, outcome, at: NOW - HOUR }));
  it.each<[string, RungContext, string]>([
    ["starts at the bottom", context({ diagnosis: "infinite_loop" }), "act revoke_tools 1"],
    [
      "takes an undeclared change of the prompt back before it resets memory",
      context({ diagnosis: "prompt_drift", promptChanged: true }),
      "act rollback_prompt 2",
    ],
    ["leaves a prompt that nobody changed until later", context({ diagnosis: "prompt_drift" }), "act reset_memory 1"],
    [
      "has no say in other ladders",
      context({ diagnosis: "tool_instability", promptChanged: true }),
      "act revoke_tools 1",
    ],
    [
      "goes on after a rung without effect",
      context({ diagnosis: "infinite_loop", tried: tried(["revoke_tools", "no_effect"]) }),
      "act reduce_autonomy 2",
    ],
    [
      "does not repeat what could not be told, nor what cured before the relapse",
      context({
        diagnosis: "infinite_loop",
        tried: tried(["revoke_tools", "cannot_tell"], ["reduce_autonomy", "recovered"]),
      }),
      "act reset_memory 3",
    ],
    [
      "does not repeat what was tried under another diagnosis",
      context({ diagnosis: "memory_corruption", tried: tried(["revoke_tools", "worse"], ["reset_memory", "worse"]) }),
      "act clone_agent 2",
    ],
    [
      "passes over what cannot be done",
      context({ diagnosis: "infinite_loop", available: without("revoke_tools", "reduce_autonomy") }),
      "act reset_memory 3",
    ],
    ["waits for a verdict", context({ diagnosis: "infinite_loop", tried: tried(["revoke_tools", "pending"]) }), "wait"],
    ["waits for the outside", context({ diagnosis: "external_cause" }), "wait"],
    ["holds what it does not know", context({ diagnosis: "unknown" }), "notify_and_hold"],
    [
      "gives up when the ladder is used up",
      context({
        diagnosis: "memory_corruption",
        tried: tried(["reset_memory", "worse"]),
        available: without("clone_agent"),
      }),
      "exhausted",
    ],
    [
      "begins with what cured this agent",
      context({ diagnosis: "infinite_loop", memory: [known("agent", "reset_memory", 1, 1)] }),
      "act reset_memory 3",
    ],
    [
      "begins with what cured others of the type, if the agent has no experience",
      context({ diagnosis: "infinite_loop", memory: [known("type", "reset_memory", 3, 3)] }),
      "act reset_memory 3",
    ],
    [
      "puts what failed elsewhere last, yet keeps it",
      context({
        diagnosis: "memory_corruption",
        memory: [known("type", "reset_memory", 0, 5, 0, "memory_corruption")],
        available: without("clone_agent"),
      }),
      "act reset_memory 1",
    ],
    [
      "skips what failed on this agent an hour ago",
      context({
        diagnosis: "memory_corruption",
        memory: [known("agent", "reset_memory", 0, 1, HOUR, "memory_corruption")],
      }),
      "act clone_agent 2",
    ],
    [
      "tries it again when the failure is old",
      context({
        diagnosis: "memory_corruption",
        memory: [known("agent", "reset_memory", 0, 1, FRESH_MS + 1, "memory_corruption")],
        available: without("clone_agent"),
      }),
      "act reset_memory 1",
    ],
    [
      "does not mix up diagnoses",
      context({ diagnosis: "memory_corruption", memory: [known("agent", "reset_memory", 0, 9, HOUR, "prompt_drift")] }),
      "act reset_memory 1",
    ],
  ])("%s", (_, c, expected) => {
    const n = nextRung(c);
    expect(n.kind === "act" ? `act ${n.action} ${n.rung}` : n.kind).toBe(expected);
  });

  it("says why a rung was passed over", () => {
    const n = nextRung(
      context({
        diagnosis: "infinite_loop",
        tried: tried(["revoke_tools", "no_effect"]),
        available: without("reduce_autonomy"),
        memory: [known("agent", "reset_memory", 0, 1, HOUR)],
      }),
    );
    expect(n).toMatchObject({
      kind: "act",
      action: "clone_agent",
      skipped: [
        { action: "revoke_tools", reason: "tried in this incident: no effect" },
        { action: "reduce_autonomy", reason: "not possible: no reduce_autonomy" },
      ],
    });
    const all = nextRung(
      context({
        diagnosis: "infinite_loop",
        tried: tried(["revoke_tools", "no_effect"]),
        available: without("reduce_autonomy", "clone_agent"),
        memory: [known("agent", "reset_memory", 0, 1, HOUR)],
      }),
    );
    expect(all.kind === "exhausted" && all.skipped.at(-1)).toEqual({
      action: "reset_memory",
      reason: "failed on this agent recently",
    });
  });
});

const memoryArb = fc.array(
  fc
    .record({
      scope: fc.constantFrom("agent" as const, "type" as const, "fleet" as const),
      scopeId: fc.constant("x"),
      diagnosis: fc.constantFrom(...DIAGNOSES),
      action: fc.constantFrom(...AGENT_ACTIONS),
      attempts: fc.double({ min: 0, max: 100, noNaN: true }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      updatedAt: fc.integer({ min: NOW - 90 * 24 * HOUR, max: NOW }),
    })
    .map(({ share, ...e }): Efficacy => ({ ...e, successes: e.attempts * share })),
  { maxLength: 20 },
);

describe("whatever is known", () => {
  const diagnosis = fc.constantFrom(...DIAGNOSES);

  it("a ladder holds its own rungs, each once", () => {
    fc.assert(
      fc.property(diagnosis, memoryArb, (d, memory) => {
        expect(orderedLadder({ diagnosis: d, memory, promptChanged: true, now: NOW }).toSorted()).toEqual(
          [...LADDERS[d]].toSorted(),
        );
      }),
    );
  });

  it("climbing ends, repeats nothing, and does nothing impossible", () => {
    const steps = AGENT_ACTIONS.length + 1;
    const outcome = fc.constantFrom(...OUTCOMES.filter((o) => o !== "pending"));
    // The diagnosis may change after every rung, the worst case: only distinct actions bound the climb then.
    const climb = fc.array(fc.record({ diagnosis, outcome }), { minLength: steps, maxLength: steps });
    fc.assert(
      fc.property(climb, memoryArb, fc.subarray([...AGENT_ACTIONS]), (plan, memory, no) => {
        const tried: { action: AgentAction; outcome: Outcome; at: number }[] = [];
        for (const step of plan) {
          const n = nextRung(context({ diagnosis: step.diagnosis, tried, memory, available: without(...no) }));
          if (n.kind !== "act") return;
          expect(LADDERS[step.diagnosis][n.rung - 1]).toBe(n.action);
          expect(no).not.toContain(n.action);
          expect(tried.map((t) => t.action)).not.toContain(n.action);
          tried.push({ action: n.action, outcome: step.outcome, at: NOW });
        }
        expect.unreachable("the climb did not end");
      }),
    );
  });
});
