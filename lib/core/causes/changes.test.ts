import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BundleChange } from "../evidence/bundle";
import { type ChangeQuestion, rankChanges } from "./changes";

const AT = 1_700_000_000;
const change = (node: string, minutesBefore: number, kind = "deploy", summary = "v2"): BundleChange => ({
  t: AT - minutesBefore * 60,
  node,
  kind,
  summary,
});
const ask = (changes: BundleChange[], more: Partial<ChangeQuestion> = {}): ChangeQuestion => ({
  changes,
  target: { node: "web", at: AT + 300 },
  edges: [
    ["web", "api"],
    ["api", "db"],
    ["cron", "web"],
    ["mail", "smtp"],
  ],
  onset: { at: AT, from: AT - 60, to: AT + 60 },
  ...more,
});
const best = (q: ChangeQuestion) => rankChanges(q)[0]!.change;

describe("changes as explanations", () => {
  it.each<[string, BundleChange, BundleChange, Partial<ChangeQuestion>]>([
    ["a change after the onset explains nothing", change("db", 50), change("db", -5), {}],
    ["a later change elsewhere does not beat an earlier one on the path", change("api", 40), change("smtp", 1), {}],
    ["a later document does not beat an earlier deploy", change("api", 40), change("api", 2, "docs", "readme"), {}],
    ["nor does a later scale-down", change("api", 30), change("api", 2, "scale", "3 to 2"), {}],
    ["of two deploys alike the later", change("api", 5), change("api", 90), {}],
    [
      "the one on the node that the evidence points at",
      change("db", 45, "config"),
      change("web", 5),
      { suspicion: new Map([["db", 0.9]]) },
    ],
    [
      "the one that speaks of what is seen",
      change("api", 30, "config", "lower the connection pool from 50 to 5"),
      change("api", 20, "config", "new banner colour"),
      { seen: ["connection pool exhausted, 12 waiting", "GET /orders 500"] },
    ],
    [
      "the one whose like was to blame before",
      change("db", 30, "config"),
      change("api", 30, "config"),
      { pastBlame: ({ node }) => (node === "db" ? 0.9 : 0.1) },
    ],
    [
      "not the one that a cure was measured to work after",
      change("api", 0.1, "config"),
      { ...change("api", 0.7), survived: true },
      { pastBlame: ({ kind }) => (kind === "deploy" ? 1 : null) },
    ],
    ["unless nothing else fits", { ...change("api", 60), survived: true }, change("smtp", 1), {}],
    [
      "not one that was taken back before the onset",
      change("api", 40),
      { ...change("api", 20), from: "v1", to: "v2" },
      { changes: [{ ...change("api", 10), from: "v2", to: "v1" }] },
    ],
    [
      "but one that was taken back only after it, which came too late to help",
      { ...change("api", 20), from: "v1", to: "v2" },
      change("api", 40),
      { changes: [{ ...change("api", -10), from: "v2", to: "v1" }] },
    ],
    [
      "and one that was put in place once more",
      { ...change("api", 5), from: "v1", to: "v2" },
      change("api", 20),
      { changes: [{ ...change("api", 60), from: "v1", to: "v2" }, { ...change("api", 50), from: "v2", to: "v1" }] }, // prettier-ignore
    ],
    ["a caller may overload, less likely than a callee fails", change("api", 10), change("cron", 10), {}],
  ])("%s", (_, winner, loser, more) => {
    const { changes = [], ...rest } = more;
    expect(best(ask([winner, ...changes, loser], rest))).toBe(winner);
    expect(best(ask([loser, ...changes, winner], rest))).toBe(winner);
  });

  const moves = (...versions: string[]) =>
    versions.slice(1).map((to, i) => ({ ...change("api", 60 - 10 * i), from: versions[i], to }));
  it.each<[string, BundleChange[], number[]]>([
    ["there and back", moves("1", "2", "1"), [0, 1]],
    ["over a third", moves("1", "2", "3", "1"), [0, 1, 2]],
    ["forward, there and back", moves("1", "2", "3", "2"), [1, 2]],
    ["there and back twice", moves("1", "2", "1", "2", "1"), [0, 1, 2, 3]],
    ["forward only", moves("1", "2", "3"), []],
    ["the same again", moves("1", "1"), []],
    ["back from where nobody knows", [{ ...change("api", 60), to: "2" }, { ...change("api", 50), from: "2", to: "1" }], []], // prettier-ignore
    ["of another kind", moves("1", "2", "1").map((one, i) => ({ ...one, kind: ["deploy", "config"][i]! })), []],
    ["within the clocks' slack, and not measured to be well", moves("1", "2", "1").map((one) => ({ ...one, t: AT - 61 })), []], // prettier-ignore
    ["within it, but measured to be well", moves("1", "2", "1").map((one, i) => ({ ...one, t: AT - 70 + i, survived: true })), [0, 1]], // prettier-ignore
  ])("knows what came to nothing: %s", (_, changes, undone) => {
    const ranked = rankChanges(ask(changes));
    expect(changes.flatMap((c, i) => (ranked.find((r) => r.change === c)!.parts.undone < 1 ? [i] : []))).toEqual(
      undone,
    );
  });

  it("gives a change after the onset no score, with clocks a minute apart forgiven", () => {
    const [soon, late] = [change("api", -1.5), change("api", -10)];
    const scores = new Map(rankChanges(ask([soon, late])).map(({ change: c, score }) => [c, score]));
    expect(scores.get(soon)).toBeGreaterThan(0);
    expect(scores.get(late)).toBe(0);
  });

  it("stays within 0 and 1, and an older change never scores more, all else equal", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e5, noNaN: true }),
        fc.double({ min: 0, max: 1e5, noNaN: true }),
        (a, b) => {
          const [near, far] = a < b ? [a, b] : [b, a];
          const ranked = rankChanges(ask([change("api", far), change("api", near)]));
          expect(ranked[0]!.score).toBeLessThanOrEqual(1);
          expect(ranked[1]!.score).toBeGreaterThanOrEqual(0);
          expect(ranked[0]!.change.t).toBeGreaterThanOrEqual(ranked[1]!.change.t);
        },
      ),
    );
  });
});
