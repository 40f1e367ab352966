import { describe, expect, test } from "vitest";
import type { Mover } from "@/lib/core/base/lifecycle";
import { AGENT_STATES, type AgentState } from "@/lib/core/base/vocabulary";
import { heldFrom } from "./contain";

/** From where each may hold an agent. */
const HELD: Record<Mover, readonly AgentState[]> = {
  system: ["learning", "healthy", "suspected", "healing", "probation"],
  person: ["learning", "healthy", "suspected", "healing", "probation", "exhausted"],
};

describe.each(["system", "person"] as const)("held by a %s", (mover) => {
  test.each(AGENT_STATES.map((state) => [state]))("from %s", (state) => {
    expect(heldFrom(state, mover)).toBe(HELD[mover].includes(state) ? "quarantined" : null);
  });
});
