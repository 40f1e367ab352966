import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canMove,
  canMoveIncident,
  IllegalMove,
  INCIDENT_MOVES,
  isClosed,
  move,
  moveIncident,
  movesOf,
} from "./lifecycle";
import { AGENT_STATES, type AgentState, INCIDENT_STATES, type IncidentState } from "./vocabulary";

/** The design's moves, written out once more, by hand. */
const SYSTEM = [
  "learning healthy",
  "learning suspected",
  "learning quarantined",
  "healthy suspected",
  "suspected learning",
  "suspected healthy",
  "suspected quarantined",
  "quarantined healing",
  "quarantined exhausted",
  "healing probation",
  "healing quarantined",
  "probation healthy",
  "probation quarantined",
];
const PERSON = [
  ...AGENT_STATES.filter((s) => s !== "quarantined").map((s) => `${s} quarantined`),
  ...AGENT_STATES.filter((s) => s !== "healthy").map((s) => `${s} healthy`),
  "quarantined healing",
  "exhausted healing",
];

const pairs = AGENT_STATES.flatMap((from) => AGENT_STATES.map((to) => [from, to] as const));

describe("agent states", () => {
  it.each(pairs)("%s to %s", (from, to) => {
    for (const [by, table] of [
      ["system", SYSTEM],
      ["person", PERSON],
    ] as const) {
      const legal = table.includes(`${from} ${to}`);
      expect(canMove(from, to, by)).toBe(legal);
      if (legal) expect(move(from, to, by)).toBe(to);
      else expect(() => move(from, to, by)).toThrow(`illegal move from ${from} to ${to} by ${by}`);
    }
  });

  it("lists the same moves", () => {
    const text = (by: "system" | "person") => movesOf(by).map((m) => `${m.from} ${m.to}`);
    expect(text("system").toSorted()).toEqual(SYSTEM.toSorted());
    expect(text("person").toSorted()).toEqual(PERSON.toSorted());
  });

  it("releases what is contained only through probation or back into suspicion, unless a person says so", () => {
    const state = fc.constantFrom(...AGENT_STATES);
    fc.assert(
      fc.property(fc.array(state, { maxLength: 40 }), (wishes) => {
        let at: AgentState = "quarantined";
        const path: AgentState[] = [at];
        for (const to of wishes) if (canMove(at, to, "system")) path.push((at = move(at, to, "system")));
        const released = path.indexOf("healthy");
        if (released > 0 && !path.slice(0, released).includes("suspected"))
          expect(path.slice(released - 2, released)).toEqual(["healing", "probation"]);
      }),
    );
  });

  it("says what was illegal", () => {
    const error = new IllegalMove("healthy", "healing", "system");
    expect(error).toMatchObject({ name: "IllegalMove", from: "healthy", to: "healing", by: "system" });
    expect(error).toBeInstanceOf(Error);
  });
});

describe("incident states", () => {
  const straight: IncidentState[] = ["open", "investigating", "awaiting_approval", "acting", "verifying", "resolved"];
  it("walks the straight line", () => {
    expect(straight.slice(1).reduce((at, to) => moveIncident(at, to), straight[0]!)).toBe("resolved");
  });

  it.each([
    ["investigating", "acting", true],
    ["awaiting_approval", "rejected", true],
    ["rejected", "acting", true],
    ["rejected", "verifying", false],
    ["escalated", "acting", true],
    ["escalated", "resolved", true],
    ["escalated", "dismissed", true],
    ["verifying", "investigating", true],
    ["open", "acting", false],
    ["open", "verifying", false],
    ["awaiting_approval", "verifying", false],
    ["resolved", "open", false],
    ["dismissed", "open", false],
    ["open", "open", false],
  ] as const)("%s to %s: %s", (from, to, legal) => {
    expect(canMoveIncident(from, to)).toBe(legal);
    if (!legal) expect(() => moveIncident(from, to)).toThrow(IllegalMove);
  });

  it("closes for good, and can always be closed", () => {
    expect(INCIDENT_STATES.filter(isClosed)).toEqual(["resolved", "dismissed"]);
    for (const s of INCIDENT_STATES.filter((x) => !isClosed(x)))
      expect(INCIDENT_MOVES[s]).toEqual(expect.arrayContaining(["resolved", "dismissed"]));
  });

  it("never verifies what was not acted on", () => {
    for (const s of INCIDENT_STATES) expect(canMoveIncident(s, "verifying")).toBe(s === "acting");
  });
});
