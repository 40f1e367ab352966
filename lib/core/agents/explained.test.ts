import { describe, expect, it } from "vitest";
import { accountsFor, isHangOf, toolsIn } from "./explained";
import type { AnomalyType } from "../base/vocabulary";

describe("what a shared cause accounts for", () => {
  const MODEL = "model_call||m-1|p|t";
  const DB = "tool_call|db|m-1|p|t";
  it.each<[string, AnomalyType, string, boolean]>([
    ["provider:acme", "latency_spike", MODEL, true],
    ["model:m-1", "error_rate_spike", MODEL, true],
    ["model:m-1", "high_retry_rate", "run_end||m-1|p|t", true],
    ["model:m-1", "error_rate_spike", DB, false],
    ["tool:db", "error_rate_spike", DB, true],
    ["tool:db", "latency_spike", MODEL, false],
    ["tool:d", "latency_spike", DB, false],
    ["tool:a|b", "latency_spike", "tool_call|a|b|m-1|p|t", true],
    ["tool:db", "error_rate_spike", "agent", true],
    // What follows when calls hang or fail.
    ["key:k", "latency_spike", MODEL, true],
    ["key:k", "latency_spike", DB, true],
    ["key:k", "error_rate_spike", DB, false],
    ["key:k", "token_spike", MODEL, false],
    ["provider:acme", "stuck_run", "run", true],
    ["provider:acme", "vanished_work", MODEL, true],
    ["provider:acme", "cache_collapse", MODEL, true],
    // The agent's own doing.
    ["provider:acme", "repetition", "run", false],
    ["provider:acme", "token_spike", MODEL, false],
    ["provider:acme", "cost_spike", MODEL, false],
    ["provider:acme", "tool_explosion", MODEL, false],
    ["provider:acme", "run_overrun", "run", false],
    ["provider:acme", "spend_velocity", "agent", false],
    ["provider:acme", "prompt_change", MODEL, false],
  ])("%s, %s of %s: %s", (key, type, stratum, expected) => {
    const [dimension, value] = [key.slice(0, key.indexOf(":")), key.slice(key.indexOf(":") + 1)];
    expect(accountsFor({ dimension: dimension as "tool", value }, { type, stratum })).toBe(expected);
  });

  const HANG = { at: 100_000, value: 20_000, effect: 10 };
  it.each<[string, AnomalyType, { at: number; value: number; effect: number }, boolean]>([
    ["a call that took as long", "latency_spike", { at: 99_000, value: 20_000, effect: 4 }, true],
    ["half as long", "latency_spike", { at: 99_000, value: 10_000, effect: 4 }, true],
    ["less than half", "latency_spike", { at: 99_000, value: 9_999, effect: 4.9 }, false],
    ["of quicker calls, as many times what is usual", "latency_spike", { at: 99_000, value: 500, effect: 5 }, true],
    ["a run that hangs as well", "stuck_run", { at: 100_000, value: 15_000, effect: 3 }, true],
    ["a run that began to hang later, and may hang still", "stuck_run", { at: 97_000, value: 3_000, effect: 2 }, true],
    ["one that would have been told of again", "stuck_run", { at: 97_000, value: 2_999, effect: 2 }, false],
    ["calls that fail", "error_rate_spike", { at: 99_000, value: 20_000, effect: 10 }, false],
    ["a minute before the run was last heard", "latency_spike", { at: 20_000, value: 20_000, effect: 10 }, true],
    ["longer before", "latency_spike", { at: 19_999, value: 20_000, effect: 10 }, false],
  ])("what another agent shows is what a run hangs of: %s", (_, type, other, expected) => {
    expect(isHangOf(HANG, { type, ...other }, 60_000)).toBe(expected);
  });

  it.each<[string, string[] | null]>([
    [MODEL, []],
    ["run", []],
    [DB, ["db"]],
    ["tool_call|a|b|m-1|p|t", ["a|b"]],
    ["tool_call|unheard|m-1|p|t", null],
  ])("the tools in %s", (stratum, expected) => {
    expect(toolsIn(stratum, ["db", "a", "a|b", "dbs"])).toEqual(expected);
  });
});
