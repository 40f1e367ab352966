import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cut, headline, levelOf, type Notification } from "./notification";
import { retryAfter, retryAfterHeader } from "./retry";
import { type About, DEFAULT_RULES, type Rules, tellAt } from "./routing";

/** Friday, 20 November 2026, 21:30 UTC. */
const NOW = Date.UTC(2026, 10, 20, 21, 30);
const MINUTE = 60_000;
const ABOUT: About = { purpose: "page", severity: 5, agentTypes: ["research"], services: ["checkout"] };
const NIGHT: Rules["quiet"] = {
  days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
  from: "22:00",
  until: "07:00",
  time_zone: "UTC",
};

describe("who is told, and when", () => {
  it.each<[string, Partial<Rules>, Partial<About>, number | null]>([
    ["by default, everything at once", {}, {}, 0],
    ["too mild", { min_severity: 6 }, {}, null],
    ["severe enough", { min_severity: 5 }, {}, 0],
    ["without a severity", { min_severity: 10 }, { severity: null }, 0],
    ["its type", { agent_types: ["research"] }, {}, 0],
    ["another type", { agent_types: ["sales"] }, {}, null],
    ["another type, but its service", { agent_types: ["sales"], services: ["checkout"] }, {}, 0],
    ["neither", { agent_types: ["sales"], services: ["search"] }, {}, null],
    [
      "what concerns nobody, where names are asked for",
      { services: ["search"] },
      { agentTypes: [], services: [] },
      null,
    ],
    ["escalation", { after_minutes: 10 }, {}, 10],
    ["before quiet hours", { quiet: NIGHT }, {}, 0],
    ["escalated into quiet hours: until 07:00", { quiet: NIGHT, after_minutes: 30 }, {}, 9 * 60 + 30],
    ["severe enough to break quiet hours", { quiet: NIGHT, after_minutes: 30 }, { severity: 7 }, 30],
    ["without a severity, quiet hours do not count", { quiet: NIGHT, after_minutes: 30 }, { severity: null }, 30],
    ["a close that is asked for", {}, { purpose: "resolved" }, 0],
    ["a close that is not", { tell: [] }, { purpose: "resolved" }, null],
    ["an answer that is not asked for", { tell: ["resolved"] }, { purpose: "acknowledged" }, null],
    ["a test, whatever the rules", { min_severity: 10, tell: [], services: ["search"] }, { purpose: "test" }, 0],
  ])("%s", (_name, rules, about, minutes) => {
    const at = tellAt({ ...DEFAULT_RULES, ...rules }, { ...ABOUT, ...about }, NOW);
    expect(at === null ? null : (at - NOW) / MINUTE).toBe(minutes);
  });

  it("waits a week at most where quiet hours never end", () => {
    const always = { ...NIGHT, from: "00:00", until: "00:00" };
    const at = tellAt({ ...DEFAULT_RULES, quiet: always }, ABOUT, NOW);
    expect((at! - NOW) / MINUTE).toBe(7 * 24 * 60);
  });
});

describe("waiting after failures", () => {
  it.each([
    [1, 0, 500],
    [1, 1, 1_000],
    [4, 1, 8_000],
    [9, 1, 256_000],
    [10, 1, 300_000],
    [1_000, 1, 300_000],
  ])("after %i failures, with %d of the random half", (failures, random, ms) => {
    expect(retryAfter(failures, random)).toBe(ms);
  });

  it("never comes back before the receiver's own time, within an hour", () => {
    expect(retryAfter(1, 0, 30_000)).toBe(30_000);
    expect(retryAfter(1, 0, 86_400_000)).toBe(3_600_000);
  });

  it.each([
    ["120", 120_000],
    [" 0 ", 0],
    ["Fri, 20 Nov 2026 21:31:00 GMT", 60_000],
    ["Fri, 20 Nov 2026 21:00:00 GMT", 0],
    ["soon", null],
    [null, null],
  ])("reads Retry-After %j", (header, ms) => {
    expect(retryAfterHeader(header, NOW)).toBe(ms);
  });
});

describe("texts", () => {
  it.each([
    [null, "warning"],
    [0, "info"],
    [0.1, "warning"],
    [4, "error"],
    [7, "critical"],
  ])("severity %s is %s", (severity, level) => {
    expect(levelOf(severity)).toBe(level);
  });

  it("says what it is about before the title", () => {
    const about = { title: "checkout: errors" } as Notification;
    expect(headline({ ...about, purpose: "page" }, 100)).toBe("checkout: errors");
    expect(headline({ ...about, purpose: "resolved" }, 12)).toBe("Closed: che…");
  });

  it("cuts to a length, and leaves no half of a character", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme-composite", maxLength: 60 }),
        fc.integer({ min: 2, max: 40 }),
        (text, max) => {
          const short = cut(text, max);
          expect(short.length).toBeLessThanOrEqual(max);
          expect(short.isWellFormed()).toBe(true);
          if (text.length <= max) expect(short).toBe(text);
        },
      ),
    );
  });
});
