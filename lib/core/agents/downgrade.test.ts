import { describe, expect, it } from "vitest";
import { type Claim, settle, type Settled, type Standing } from "./downgrade";
import type { Mode } from "../base/vocabulary";

const MODES: Record<string, Mode> = { Research: "act", Support: "act", Leisure: "observe", unknown: "observe" };
const modeOf = (type: string): Mode => MODES[type] ?? "observe";
const known: Standing = { type: "Research", state: "healthy", incidentId: null, enforcement: true };
const learning: Standing = { ...known, state: "learning" };
const untyped: Standing = { ...known, type: "unknown" };
const nothing: Settled = { type: null, enforcement: null, asks: null };

describe("what a host says of its agent", () => {
  it.each<[string, Standing, Claim, Settled]>([
    ["is what is known", known, { type: "Research", enforcement: true }, nothing],
    ["is nothing", known, {}, nothing],
    ["waits: another type, however strict", known, { type: "Support" }, { ...nothing, asks: { type: "Support" } }],
    ["waits: that it cannot be held", known, { enforcement: false }, { ...nothing, asks: { enforcement: false } }],
    [
      "waits: both",
      known,
      { type: "Leisure", enforcement: false },
      { ...nothing, asks: { type: "Leisure", enforcement: false } },
    ],
    [
      "waits: that it cannot be held, which nobody knew",
      { ...known, enforcement: null },
      { enforcement: false },
      { ...nothing, asks: { enforcement: false } },
    ],
    [
      "counts: that it can be held",
      { ...known, enforcement: false },
      { enforcement: true },
      { ...nothing, enforcement: true },
    ],
    [
      "counts while it introduces itself",
      learning,
      { type: "Leisure", enforcement: false },
      { type: "Leisure", enforcement: false, asks: null },
    ],
    [
      "waits once it has an incident",
      { ...learning, incidentId: "inc-1" },
      { type: "Leisure" },
      { ...nothing, asks: { type: "Leisure" } },
    ],
    ["counts: its first type", untyped, { type: "Leisure" }, { ...nothing, type: "Leisure" }],
  ])("%s", (_, agent, claim, expected) => expect(settle(agent, claim, modeOf, "unknown")).toEqual(expected));

  it("waits: a first type that is treated more loosely than none", () => {
    const strict = (type: string): Mode => (type === "unknown" ? "act" : modeOf(type));
    expect(settle(untyped, { type: "Leisure" }, strict, "unknown").asks).toEqual({ type: "Leisure" });
    expect(settle(untyped, { type: "Support" }, strict, "unknown").type).toBe("Support");
  });
});
