import { describe, expect, it } from "vitest";
import type { Bundle, LogLine } from "../evidence/bundle";
import { mixChanges } from "./call-mix";
import { flowBreaks, statementsOf } from "./line-flow";
import { rankCauses } from "./rank";

type Step = (n: number) => string | null;

/** Requests of one service, some seconds apart and never regular; each writes its steps' lines at once. */
function requests(node: string, from: number, count: number, steps: Step[]): LogLine[] {
  return Array.from({ length: count }, (_, n) => {
    const t = from + 3 * n + (n % 7 < 3 ? 0 : 2) + (n % 5);
    return steps.flatMap((step) => step(n) ?? []).map((line) => ({ t, node, line }));
  }).flat();
}

const asked: Step = (n) => `INFO request ${n} for a price came in`;
const read: Step = (n) => `INFO price table row ${3 * n} was read`;
const answered: Step = (n) => `INFO answer for request ${n} was sent`;
const WHOLE = [asked, read, answered];
const NORMAL = requests("price", 0, 40, WHOLE);

const bundle = (logs: LogLine[], more: Partial<Bundle> = {}): Bundle => ({
  target: { node: "shop", at: 1000 },
  nodes: [],
  edges: [["shop", "price"]],
  metrics: [],
  logs,
  spans: [],
  changes: [],
  ...more,
  normal: { metrics: [], spans: [], logs: NORMAL, ...more.normal },
});
const breaks = (logs: LogLine[]) => flowBreaks(statementsOf(bundle(logs)));

describe("statements that ran together", () => {
  it("still do at any load", () => {
    expect(breaks(requests("price", 1000, 40, WHOLE))).toEqual([]);
    expect(breaks(requests("price", 1000, 200, WHOLE))).toEqual([]);
    expect(breaks(requests("price", 1000, 6, WHOLE))).toEqual([]);
  });

  it("part where requests are left halfway", () => {
    const [found] = breaks(requests("price", 1000, 30, [asked, read]));
    expect(found).toMatchObject({ node: "price", seen: 0 });
    expect(found!.expected).toBeCloseTo(30);
    expect(found!.sample).toContain("answer for request");
    expect(found!.strength).toBeGreaterThan(0.9);
  });

  it("part less surely where a few are", () => {
    const some = breaks(requests("price", 1000, 30, [asked, read, (n) => (n % 10 < 3 ? null : answered(n))]));
    expect(some[0]?.strength ?? 0).toBeLessThan(0.3);
  });

  it("are one statement whatever values it prints, and different ones at different call sites", () => {
    const at =
      (line: number): Step =>
      (n) =>
        `INFO o.s.Price#${line} step of request ${n} is done`;
    const normal = { metrics: [], spans: [], logs: requests("price", 0, 40, [at(11), at(12)]) };
    const logs = requests("price", 1000, 30, [at(11)]);
    expect(flowBreaks(statementsOf(bundle(logs, { normal })))[0]).toMatchObject({ seen: 0, expected: 30 });
    expect(statementsOf(bundle(requests("price", 1000, 30, WHOLE)))).toHaveLength(3);
  });

  it("cannot be told without normal time", () => {
    const without = bundle(NORMAL, { normal: { metrics: [], spans: [], logs: [] } });
    expect(statementsOf(without)).toEqual([]);
  });
});

describe("lines beside the calls that lead to them", () => {
  const calls = (t: number, n: number) => [
    { t, node: "shop", operation: "page", n: 3 * n },
    { t, node: "price", parent: "shop", operation: "quote", n },
  ];
  const normal = { metrics: [], logs: requests("price", 0, 40, [asked]), spans: calls(0, 40) };

  it("are fewer where calls fail before they are written", () => {
    const ill = bundle([], { spans: calls(1000, 38), normal });
    const [change] = mixChanges(ill.spans, normal.spans, statementsOf(ill));
    expect(change).toMatchObject({ node: "price", line: true, seen: 0 });
    expect(change!.strength).toBeGreaterThan(0.5);
  });

  it("are as many as before in a quiet minute", () => {
    const quiet = bundle(requests("price", 1000, 12, [asked]), { spans: calls(1000, 12), normal });
    expect(mixChanges(quiet.spans, normal.spans, statementsOf(quiet))).toEqual([]);
  });

  it("blame a new error on who logs it", () => {
    const failed: Step = (n) => `ERROR no row in the price table for request ${n}`;
    const ill = bundle(requests("price", 1000, 20, [asked, failed]), { spans: calls(1000, 20), normal });
    expect(mixChanges(ill.spans, normal.spans, statementsOf(ill))[0]).toMatchObject({ node: "price", seen: 20 });
  });
});

it("blames the callee that left requests halfway, and not the caller whose requests it ended", () => {
  const before: Step = (n) => `INFO page ${n} asks for a price now`;
  const after: Step = (n) => `INFO page ${n} was put together whole`;
  const normal = { metrics: [], spans: [], logs: [...NORMAL, ...requests("shop", 0, 40, [before, after])] };
  const logs = [...requests("price", 1000, 30, [asked, read]), ...requests("shop", 1000, 30, [before])];
  const { ranking } = rankCauses(bundle(logs, { normal }));
  expect(ranking[0]).toMatchObject({ node: "price" });
  expect(ranking[0]!.score).toBeGreaterThan(0.8);
  expect(ranking.find(({ node }) => node === "shop")!.score).toBeLessThan(0.2);
});
