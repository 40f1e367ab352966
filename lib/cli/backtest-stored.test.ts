import { describe, expect, it } from "vitest";
import { bodyOf } from "./backtest-stored";

describe("the options of a replay", () => {
  it("become what the API is asked for", () => {
    const flags = { days: "3", set: ["arl=10000", "limits.per_hour=5", "limits.at_least=2", "prompt_change_may_quarantine=true"], mode: "act", allows: "none,reversible", floor: "1" }; // prettier-ignore
    const patch = { mode: "act", allows: ["none", "reversible"], floor: 1 };
    expect(bodyOf(flags, ["Research", "Data"])).toEqual({
      days: 3,
      settings: { arl: 10_000, limits: { per_hour: 5, at_least: 2 }, prompt_change_may_quarantine: true },
      types: { Research: patch, Data: patch },
    });
    expect(bodyOf({ set: ["arl=10000"] }, ["Research"])).toEqual({ days: 7, settings: { arl: 10_000 }, types: {} });
  });

  it.each([
    [{}, "at least one setting must be changed"],
    [{ set: ["arl"] }, '--set: "arl" is neither NAME=VALUE nor GROUP.NAME=VALUE'],
    [{ set: ["arl=ten"] }, "settings.arl: arl must be a number"],
    [{ set: ["ar=10"] }, "settings.ar is not a known setting"],
    [{ set: ["service_mode=act"] }, "settings.service_mode is not a known setting"],
    [{ set: ["limits.per_day=1"] }, "settings.limits.per_day is not a known setting"],
    [{ set: ["__proto__.x=1"] }, "settings.__proto__ is not a known setting"],
    [{ days: "40", set: ["arl=10000"] }, "days: days must be"],
    [{ mode: "on" }, "types.Research.mode: mode must be"],
  ])("are refused by name: %j", (flags, reason) => {
    expect(() => bodyOf(flags, ["Research"])).toThrow(reason);
  });
});
