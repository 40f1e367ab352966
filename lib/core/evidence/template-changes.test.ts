import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogLine } from "./bundle";
import { SAMPLE_MAX, type TemplateChange, templateChanges } from "./template-changes";

const ONSET = 1000;
/** `n` lines from one time up to another, evenly. */
const every = (n: number, from: number, to: number, line: (i: number) => string, node = "shop"): LogLine[] =>
  Array.from({ length: n }, (_, i) => ({ t: from + ((to - from) * i) / n, node, line: line(i) }));
const steady = (n = 200) => every(n, 0, 1200, (i) => `served request ${i} in ${i % 7} ms`);
const brief = ({ kind, template, before, after }: TemplateChange) => `${kind}: ${template} (${before} → ${after})`;
const changes = (logs: LogLine[], normal: LogLine[] = []) => templateChanges({ logs, normal, onset: ONSET });

describe("templateChanges", () => {
  it.each<[string, LogLine[], LogLine[], string[]]>([
    ["no lines", [], [], []],
    ["nothing before", every(50, 1000, 1100, () => "fatal: gone"), [], []],
    ["nothing after", every(50, 0, 900, () => "served one"), [], []],
    ["nothing new", steady(), [], []],
    [
      "a new error",
      [...steady(), ...every(10, 1020, 1100, (i) => `connection refused by db-${i}`)],
      [],
      ["new: connection refused by db-<*> (0 → 10)"],
    ],
    [
      "a surge",
      [
        ...steady(),
        ...every(20, 0, 1000, (i) => `retry ${i} of the call`),
        ...every(40, 1000, 1200, (i) => `retry ${i} of the call`),
      ],
      [],
      ["surging: retry <*> of the call (20 → 40)"],
    ],
    [
      "a silence",
      [...steady(), ...every(100, 0, 990, () => "heartbeat sent")],
      [],
      ["vanished: heartbeat sent (100 → 0)"],
    ],
    ["a single odd line", [...steady(), { t: 1100, node: "shop", line: "cache warmed again" }], [], []],
    [
      "a class of status that only shows in the value",
      [
        ...every(200, 0, 1200, () => '"GET /cart HTTP/1.1" 200 12'),
        ...every(30, 1000, 1190, () => '"GET /cart HTTP/1.1" 503 12'),
      ],
      [],
      ['new: "GET <*>" <*> (status 5xx) (0 → 30)'],
    ],
    [
      "a level that only shows in a field",
      [
        ...every(200, 0, 1200, () => '{"level":30,"msg":"call of db ended"}'),
        ...every(30, 1000, 1190, () => '{"level":50,"msg":"call of db ended"}'),
      ],
      [],
      ["new: error call of db ended (0 → 30)"],
    ],
  ])("%s", (_, logs, normal, expected) => expect(changes(logs, normal).map(brief)).toEqual(expected));

  it("compares with normal time where there is one, and not with what came before the onset", () => {
    const logs = [...every(60, 900, 1100, () => "pool exhausted"), ...every(20, 900, 1100, () => "served one")];
    expect(changes(logs).map(brief)).toEqual([]);
    expect(
      changes(
        logs,
        every(60, -5000, -4400, () => "served one"),
      ).map(brief),
    ).toEqual(["new: pool exhausted (0 → 30)"]);
  });

  it("gives the Chernoff bound of the conditional test, rates and the first time", () => {
    const normal = every(101, 0, 1010, () => "served one");
    const after = [...every(11, 2000, 2110, () => "served one"), ...every(5, 2050, 2100, () => "it broke")];
    const [change] = templateChanges({ logs: after, normal, onset: 2000 });
    // Exposures 1000 and 100 s: five lines, all of them in a stretch that would hold a share of 1/11; two templates were looked at.
    expect(change!.nats).toBeCloseTo(5 * Math.log(11) - Math.log(2), 9);
    expect(change).toMatchObject({ kind: "new", before: 0, after: 5, rateBefore: 0, rateAfter: 0.05, at: 2050 });
  });

  it("is less sure where lines come in bursts", () => {
    const even = every(100, 0, 1000, () => "flush of buffers");
    const bursts = every(100, 0, 1000, () => "flush of buffers").map((l, i) => ({ ...l, t: i < 50 ? 105 : 705 }));
    const later = every(60, 1000, 1200, () => "flush of buffers");
    const nats = (logs: LogLine[]) =>
      changes([{ t: 0, node: "shop", line: "start" }, ...logs]).find((c) => c.kind === "surging")?.nats ?? 0;
    expect(nats([...even, ...later])).toBeGreaterThan(5);
    expect(nats([...bursts, ...later])).toBeLessThan(nats([...even, ...later]) / 5);
  });

  it("calls more of everything traffic, and finds what outgrew it", () => {
    const verbs = ["served", "logged", "charged", "mailed", "listed", "viewed"];
    const logs = verbs.flatMap((verb) => [
      ...every(50, 0, 1000, () => `${verb} somebody well`),
      ...every(40, 1000, 1200, () => `${verb} somebody well`),
    ]);
    expect(changes(logs).map(brief)).toEqual([]);
    const more = [...every(50, 0, 1000, () => "gave up waiting"), ...every(200, 1000, 1200, () => "gave up waiting")];
    expect(changes([...logs, ...more]).map(brief)).toEqual(["surging: gave up waiting (50 → 200)"]);
  });

  it("weighs wording and leaves out nothing for it", () => {
    const logs = [
      ...steady(),
      ...every(30, 1000, 1100, () => "greeting shown"),
      ...every(30, 1000, 1100, () => "fatal error: disk failed"),
    ];
    const [first, second] = changes(logs);
    expect([first!.template, second!.template]).toEqual(["fatal error: disk failed", "greeting shown"]);
    expect(first!.strength).toBeGreaterThan(0.9);
    expect(second!.strength).toBeCloseTo(0.5, 3);
  });

  it("keeps nodes apart", () => {
    const logs = [
      ...steady(),
      ...every(30, 0, 1200, () => "lost the link", "edge"),
      ...every(30, 1000, 1200, () => "lost the link", "shop"),
    ];
    expect(changes(logs).map((c) => [c.node, c.kind])).toEqual([["shop", "new"]]);
  });

  it("keeps three different samples, cut", () => {
    const logs = [...steady(), ...every(30, 1000, 1100, (i) => `broken by ${i % 5} ${"z ".repeat(500)}`)];
    const { samples } = changes(logs)[0]!;
    expect(samples).toHaveLength(3);
    expect(new Set(samples).size).toBe(3);
    for (const sample of samples) expect(sample.length).toBe(SAMPLE_MAX);
  });

  it("raises no more false alarms than its rate of false discoveries allows", () => {
    // Poisson lines of eight templates, the same before and after; a fixed linear congruential generator.
    let state = 1;
    const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647;
    const texts = ["a went", "b came", "c saw", "d told", "e sang", "f ran", "g sat", "h won"];
    let alarms = 0;
    for (let round = 0; round < 100; round++) {
      const logs = texts.flatMap((line, k) => {
        const lines: LogLine[] = [];
        for (let t = 0; t < 1300; t -= Math.log(uniform()) * (4 + 10 * k)) lines.push({ t, node: "shop", line });
        return lines;
      });
      if (changes(logs).length > 0) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(10);
  });

  const line = fc.record({
    t: fc.integer({ min: 0, max: 40 }).map((n) => n * 50),
    node: fc.constantFrom("shop", "cart"),
    line: fc.constantFrom("served one", "failed to reach db", "retry 3", "retry 4", '{"msg":"x","level":50}', ""),
  });
  const lines = fc.array(line, { maxLength: 120 });

  it("does not depend on the order of lines", () => {
    fc.assert(
      fc.property(
        lines.chain((logs) => fc.tuple(fc.constant(logs), fc.shuffledSubarray(logs, { minLength: logs.length }))),
        ([logs, shuffled]) => {
          expect(changes(shuffled)).toEqual(changes(logs));
        },
      ),
    );
  });

  it("does not depend on the unit of time, but for times and rates", () => {
    const timeless = (all: TemplateChange[]) => all.map((c) => ({ ...c, at: 0, rateBefore: 0, rateAfter: 0 }));
    fc.assert(
      fc.property(lines, lines, (logs, normal) => {
        const scaled = (all: LogLine[]) => all.map((l) => ({ ...l, t: l.t * 64 }));
        expect(timeless(templateChanges({ logs: scaled(logs), normal: scaled(normal), onset: ONSET * 64 }))).toEqual(
          timeless(changes(logs, normal)),
        );
      }),
    );
  });

  it("is ordered by strength, in its bounds, and true to its counts", () => {
    fc.assert(
      fc.property(lines, lines, (logs, normal) => {
        const found = changes(logs, normal);
        found.forEach((change, i) => {
          expect(change.strength).toBeGreaterThan(0);
          expect(change.strength).toBeLessThanOrEqual(found[i - 1]?.strength ?? 1);
          expect(change.samples.length).toBeGreaterThan(0);
          expect(change.kind === "new" ? change.before : change.kind === "vanished" ? change.after : 0).toBe(0);
        });
      }),
    );
  });
});
