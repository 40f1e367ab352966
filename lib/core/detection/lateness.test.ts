import { describe, expect, it } from "vitest";
import { BACKLOG_MS, type Heard, isBacklog } from "./lateness";

const MINUTE = 60_000;
const LIMIT = 10 * MINUTE;
const NOW = Date.UTC(2026, 4, 20, 12);
const heard = (more: Partial<Heard>): Heard => ({
  lastSeenAt: NOW - 1_000,
  awayFrom: null,
  awayUntil: null,
  latenessMs: 0,
  ...more,
});

describe("a late event", () => {
  it.each<[string, number, Heard | null, boolean]>([
    ["of a source never heard before", 11 * MINUTE, null, false],
    ["of a source that is heard all along", 11 * MINUTE, heard({}), false],
    ["from a silence that ends now", 11 * MINUTE, heard({ lastSeenAt: NOW - 15 * MINUTE }), true],
    ["from before that silence", 30 * MINUTE, heard({ lastSeenAt: NOW - 15 * MINUTE }), false],
    ["that waited for its batch when it began", 16 * MINUTE, heard({ lastSeenAt: NOW - 15 * MINUTE }), true],
    [
      "from a silence that has just ended",
      11 * MINUTE,
      heard({ awayFrom: NOW - 15 * MINUTE, awayUntil: NOW - 5_000 }),
      true,
    ],
    [
      "from a silence that is over for long",
      11 * MINUTE,
      heard({ awayFrom: NOW - 15 * MINUTE, awayUntil: NOW - BACKLOG_MS - 1 }),
      false,
    ],
    [
      "of a clock that was late before its silence",
      11 * MINUTE,
      heard({ lastSeenAt: NOW - 15 * MINUTE, latenessMs: 11 * MINUTE }),
      false,
    ],
    [
      "from a silence of a source that stated no times before",
      11 * MINUTE,
      heard({ lastSeenAt: NOW - LIMIT, latenessMs: null }),
      true,
    ],
  ])("%s", (_, behind, source, backlog) => expect(isBacklog(NOW - behind, NOW, source, LIMIT)).toBe(backlog));
});
