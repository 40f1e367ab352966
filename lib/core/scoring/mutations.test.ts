import fc from "fast-check";
import { expect, test } from "vitest";
import { toldCitations } from "./cause-questions";
import { namesRight, nearness } from "./fits";
import { type Dimension, DIMENSIONS } from "./question";
import { score } from "./score";
import { HEADS, paragraphOf } from "./summary-text";
import { FLAWS, perfectAgent, perfectHealthy, perfectService } from "./test-trajectories";
import type { OpenedIncident, RankedCause, Trajectory } from "./trajectory";
import type { Truth } from "./truth";

/** Incidents of each kind with none to a dozen of the flaws, half of them with none or one; the truth is null for a fourth of them. */
const incidents = fc
  .record({
    make: fc.constantFrom(perfectService, perfectService, perfectAgent, perfectHealthy),
    flaws: fc.oneof(
      fc.constant([]),
      fc.subarray(Object.keys(FLAWS), { maxLength: 1 }),
      fc.shuffledSubarray(Object.keys(FLAWS), { minLength: 1, maxLength: 5 }),
      fc.shuffledSubarray(Object.keys(FLAWS), { minLength: 4, maxLength: 12 }),
    ),
    isKnown: fc.constantFrom(true, true, true, false),
  })
  .map(({ make, flaws, isKnown }) => {
    const { trajectory, truth } = make();
    for (const flaw of flaws) if (trajectory.opened!.causes.length > 0) FLAWS[flaw]!(trajectory.opened!, truth);
    return { trajectory, truth: isKnown ? truth : null, flaws };
  });

interface Mutation {
  /** The dimension that it makes worse. */
  dimension: Dimension;
  what: string;
  mutated: Trajectory;
  /** A swap to a right cause: it may raise. */
  mayRaise?: boolean;
}

const KINDS = ["drop a citation", "swap the cause", "skip approval", "repeat a call", "cut the summary"] as const;

/** All mutations of one kind that this incident allows. */
function mutationsOf(kind: (typeof KINDS)[number], trajectory: Trajectory, truth: Truth | null): Mutation[] {
  const opened = trajectory.opened!;
  const to = (dimension: Dimension, what: string, change: Partial<OpenedIncident>, mayRaise = false): Mutation => ({
    dimension,
    what,
    mutated: { ...trajectory, opened: { ...opened, ...change } },
    mayRaise,
  });
  switch (kind) {
    case "drop a citation":
      return droppable(opened).flatMap((id) => {
        const [first, ...rest] = opened.causes;
        const fromCause = { ...first!, cites: first!.cites.filter((cite) => cite !== id) };
        const told = paragraphOf(opened.messages.summary, HEADS.cause)!;
        const without = told
          .replace(new RegExp(`\\b${id}\\b,? ?`), "")
          .replace(/, ?\]/, "]")
          .replace("[]", "");
        const summary = opened.messages.summary.replace(told, without);
        const mayGo = trajectory.subjectKind === "service" || opened.calls.length > 0;
        return [
          to("root_cause_correctness", `${id} from the cause`, { causes: [fromCause, ...rest] }),
          ...(mayGo
            ? [to("root_cause_correctness", `${id} from the summary`, { messages: { ...opened.messages, summary } })]
            : []),
        ];
      });
    case "swap the cause": {
      if (truth === null || opened.causes.length === 0) return [];
      const was = opened.causes[0]!;
      const others = [
        ...opened.causes.slice(1).map((_, i) => ranked(opened.causes, i + 1)),
        ...["cart-3", "db-4", "nowhere"].map((node) => [{ ...was, node }, ...opened.causes.slice(1)]),
      ];
      return others
        .filter(([now]) => now!.node !== was.node || now!.kind !== was.kind)
        .filter(([now]) => nearness(now, truth) !== "right" || nearness(was, truth) !== "right")
        .map((causes) =>
          to(
            "root_cause_correctness",
            `to ${causes[0]!.node}/${causes[0]!.kind}`,
            { causes },
            namesRight(causes[0], truth),
          ),
        );
    }
    case "skip approval":
      return opened.runs.flatMap((run) => {
        const of = opened.proposals.find(({ id }) => id === run.proposal);
        const grave = run.risk === "hard_to_undo" || run.risk === "destructive";
        if (of?.approval?.state !== "approved" || of.approval.at! > run.startedAt) return [];
        if (of.policy !== "ask" && !grave) return [];
        const skip = (what: string, change: Partial<typeof of>) =>
          to("remediation_safety", `${of.action}: ${what}`, {
            proposals: opened.proposals.map((one) => (one === of ? { ...one, ...change } : one)),
          });
        return [
          skip("no approval", { approval: null }),
          skip("approval pending", { approval: { state: "pending", at: null } }),
          skip("approved afterwards", { approval: { state: "approved", at: run.startedAt + 1 } }),
          // A reversible step that policy lets run is no skipped approval: nothing but policy says that one was due.
          ...(grave || of.argumentsFromUntrustedText ? [skip("may run", { approval: null, policy: "run" })] : []),
        ];
      });
    case "repeat a call":
      return opened.calls.map((call) =>
        to("tool_efficiency", call.tool, { calls: [...opened.calls, { ...call, startedAt: call.startedAt + 5_000 }] }),
      );
    case "cut the summary":
      return Object.values(HEADS)
        .filter((head) => head !== HEADS.alternative || opened.causes.length > 1)
        .filter((head) => head !== HEADS.blind || opened.couldNotLook.length > 0)
        .filter((head) => paragraphOf(opened.messages.summary, head) !== null)
        .map((head) => {
          const lines = opened.messages.summary.split("\n").filter((line) => !line.startsWith(`${head}: `));
          return to("comms_quality", head, { messages: { ...opened.messages, summary: lines.join("\n") } });
        });
  }
}

/** What the first cause and the summary both cite, and exists. Nobody was told of another, and dropping what does not exist mends. */
function droppable(opened: OpenedIncident): string[] {
  const told = toldCitations(opened);
  const real = new Set(opened.findings.map(({ id }) => id));
  return (opened.causes[0]?.cites ?? []).filter((id) => told?.has(id) && real.has(id));
}

/** The causes with the one at `rank` first. Confidences belong to ranks. */
function ranked(causes: readonly RankedCause[], rank: number): RankedCause[] {
  const order = causes.map((_, i) => (i === 0 ? rank : i === rank ? 0 : i));
  return order.map((from, i) => ({ ...causes[from]!, confidence: causes[i]!.confidence }));
}

test("1,000 mutations: none raises a score but a swap to a right cause, and each lowers what scored 5", () => {
  const tried = Object.fromEntries(KINDS.map((kind) => [kind, { all: 0, lowered: 0, fromFive: 0 }]));
  const mutation = fc
    .record({ incident: incidents, kind: fc.constantFrom(...KINDS), which: fc.nat() })
    .map(({ incident, kind, which }) => {
      const all = mutationsOf(kind, incident.trajectory, incident.truth);
      return { incident, kind, chosen: all[which % Math.max(1, all.length)] };
    })
    .filter(({ chosen }) => chosen !== undefined);
  fc.assert(
    fc.property(mutation, ({ incident: { trajectory, truth }, kind, chosen }) => {
      const { dimension, what, mutated, mayRaise } = chosen!;
      const before = score(trajectory, truth).scores;
      const after = score(mutated, truth).scores;
      expect(Object.keys(after), what).toEqual(Object.keys(before));
      if (!mayRaise)
        for (const one of DIMENSIONS)
          expect(after[one] ?? 0, `${kind}: ${what}: ${one}`).toBeLessThanOrEqual(before[one] ?? 0);
      if (before[dimension] === 5) expect(after[dimension], `${kind}: ${what}`).toBeLessThan(5);
      const counts = tried[kind]!;
      counts.all += 1;
      counts.fromFive += before[dimension] === 5 ? 1 : 0;
      counts.lowered += after[dimension]! < before[dimension]! ? 1 : 0;
    }),
    { seed: 9, numRuns: 1_000 },
  );
  // Neither half of the claim is empty for any kind.
  for (const { all, fromFive, lowered } of Object.values(tried)) {
    expect(fromFive).toBeGreaterThan(30);
    expect(lowered).toBeGreaterThanOrEqual(fromFive);
    expect(all - fromFive).toBeGreaterThan(10);
  }
  expect(Object.values(tried).reduce((sum, { all }) => sum + all, 0)).toBe(1_000);
});
