import { describe, expect, test } from "vitest";
import { lineTime } from "./log-time";

/** 2026-05-20 12:30:01 UTC, as `date -u -d @1779280201` says. */
const AT = 1_779_280_201;
const hint = { newest: AT + 60 };

describe("the time of a line", () => {
  test.each([
    ['{"level":30,"time":1779280201000,"msg":"pino"}', AT],
    ['{"level":"info","ts":1779280201.5,"msg":"zap"}', AT + 0.5],
    ['{"timestamp":"2026-05-20T12:30:01.250Z","message":"winston"}', AT + 0.25],
    ['{"@timestamp":"2026-05-20T14:30:01+02:00"}', AT],
    ['{"time":"1779280201000000000"}', AT],
    ['{"msg":"none"}', null],
    ["2026-05-20T12:30:01Z INFO started", AT],
    ["2026-05-20T12:30:01.123456789Z stdout F kubernetes", AT + 0.123456789],
    ["2026-05-20 12:30:01,500 ERROR [main] log4j", AT + 0.5],
    ["[2026-05-20 12:30:01] bracketed", AT],
    ["2026/05/20 12:30:01 go's own", AT],
    ["2026-05-20 07:30:01-0500 west", AT],
    ['127.0.0.1 - - [20/May/2026:12:30:01 +0000] "GET / HTTP/1.1" 200 5', AT],
    ["May 20 12:30:01 host sshd[1]: syslog", AT],
    ["<34>May 20 12:30:01 host su: with priority", AT],
    ["Dec 31 23:59:59 host last year's", Date.UTC(2025, 11, 31, 23, 59, 59) / 1_000],
    ["E0520 12:30:01.000000       1 main.go:5] klog", AT],
    ["1779280201.250 epoch first", AT + 0.25],
    ["1779280201000 epoch first, ms", AT],
    ["    at Object.<anonymous> (/app/index.js:1:1)", null],
    ["order 4711 of 2026-99-99 00:00:00", null],
    ["", null],
    ["{not json 2026-05-20 12:30:01", AT],
    ['{"time":{"a":1}}', null],
    ["1234567890123456789012 too long a number", null],
  ])("%s", (line, expected) => {
    const at = lineTime(line, hint);
    if (expected === null) expect(at).toBeNull();
    else expect(at).toBeCloseTo(expected, 3);
  });

  test("without a zone it is read in the given one", () => {
    expect(lineTime("2026-05-20 14:30:01 here", { ...hint, utcOffsetMinutes: 120 })).toBe(AT);
  });
});
