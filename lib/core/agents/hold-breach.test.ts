import { describe, expect, it } from "vitest";
import { breaksHold, type Hold, type Reported } from "./hold-breach";

const SENT = 1_000_000;
const IN_FLIGHT = 30_000;
const HELD: Hold = { status: "quarantined", level: "drain", revokedTools: [], sentAt: SENT };
const CONFIRMED = { at: SENT + 1_000, receivedAt: SENT + 1_200 };
const call = (afterMs: number, more: Partial<Reported> = {}): Reported => ({
  kind: "model_call",
  at: SENT + afterMs,
  receivedAt: SENT + afterMs + 200,
  durationMs: 0,
  tool: null,
  success: true,
  inKnownRun: false,
  ...more,
});

describe("work under a hold", () => {
  it.each<[string, Reported, typeof CONFIRMED | null, boolean]>([
    ["that was in flight", call(20_000), null, false],
    ["past the in-flight time, by whoever never confirmed", call(30_001), null, true],
    ["that ended before the confirmation", call(900), CONFIRMED, false],
    ["begun before the confirmation", call(5_000, { durationMs: 4_500 }), CONFIRMED, false],
    ["begun after the confirmation", call(5_000, { durationMs: 3_000 }), CONFIRMED, true],
    ["by a clock that is behind, as is its confirmation", call(-600_000), { ...CONFIRMED, at: SENT - 599_000 }, false],
    [
      "by a clock that is ahead, as is its confirmation",
      call(25_000, { receivedAt: SENT + 900 }),
      { ...CONFIRMED, at: SENT + 26_000 },
      false,
    ],
    [
      "stamped before the confirmation for longer than anything is in flight",
      call(900, { receivedAt: SENT + 31_201 }),
      CONFIRMED,
      true,
    ],
    ["a model call of a session that hooks hold", call(60_000, { heldBy: "hooks" }), CONFIRMED, false],
    ["a tool call of one", call(60_000, { kind: "tool_call", heldBy: "hooks" }), CONFIRMED, true],
    ["that is a heartbeat", call(60_000, { kind: "heartbeat" }), CONFIRMED, false],
    ["that is the end of a run", call(60_000, { kind: "run_end" }), CONFIRMED, false],
  ])("%s", (_, event, confirmed, broken) => expect(breaksHold(event, HELD, confirmed, IN_FLIGHT)).toBe(broken));

  it("counts under a pause as well", () =>
    expect(breaksHold(call(5_000), { ...HELD, status: "paused" }, CONFIRMED, IN_FLIGHT)).toBe(true));
});

describe("work under a hold on new runs", () => {
  const newOnly: Hold = { ...HELD, level: "hold_new" };
  it.each<[string, Hold, Reported, boolean]>([
    ["of a run in progress goes on", newOnly, call(60_000, { inKnownRun: true }), false],
    ["that begins a run is work", newOnly, call(60_000, { kind: "run_start" }), true],
    ["of a run that nobody knew is work", newOnly, call(60_000), true],
    ["that began before the confirmation is none", newOnly, call(900, { kind: "run_start" }), false],
    ["of a run in progress is work once the level drains", HELD, call(60_000, { inKnownRun: true }), true],
    [
      "of a run in progress is work under a pause",
      { ...newOnly, status: "paused" },
      call(60_000, { inKnownRun: true }),
      true,
    ],
    [
      "of a run in progress is work where no level was said",
      { ...HELD, level: null },
      call(60_000, { inKnownRun: true }),
      true,
    ],
  ])("%s", (_, hold, event, broken) => expect(breaksHold(event, hold, CONFIRMED, IN_FLIGHT)).toBe(broken));
});

describe("a revoked tool", () => {
  const restricted: Hold = { status: "run", level: null, revokedTools: ["search"], sentAt: SENT };
  const used = (more: Partial<Reported> = {}) => call(5_000, { kind: "tool_call", tool: "search", ...more });
  it.each<[string, Reported, typeof CONFIRMED | null, boolean]>([
    ["used after the confirmation", used(), CONFIRMED, true],
    ["refused by the guard", used({ success: false }), CONFIRMED, false],
    ["used before anybody confirmed", used(), null, false],
    ["is not another tool", used({ tool: "other" }), CONFIRMED, false],
    ["leaves all other work free", call(5_000), CONFIRMED, false],
  ])("%s", (_, event, confirmed, broken) => expect(breaksHold(event, restricted, confirmed, IN_FLIGHT)).toBe(broken));
});
