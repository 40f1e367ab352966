import { describe, expect, test } from "vitest";
import { compose } from "./compose";
import { noEvidence } from "./evidence";
import type { Case } from "./ports";
import { createScreen } from "./screen";
import type { InvestigationState } from "./state";

const AT = Date.UTC(2026, 0, 5, 10, 45) / 1000;
const of: Case = {
  incidentId: "INC-7",
  title: "Checkout <!channel> is slow",
  target: { node: "checkout", at: AT },
  severity: 6,
  alerts: [],
};
const state = (more: Partial<InvestigationState> = {}): InvestigationState => ({
  evidence: noEvidence(),
  further: noEvidence(),
  scope: [],
  blastRadius: ["frontend"],
  reports: [],
  blind: [{ node: "log_analyst", source: "fetch_logs", reason: "no answer within 12 s" }],
  analysis: { verdict: "fault", onset: { at: AT - 360, from: AT - 420, to: AT - 300 }, ranking: [], findings: [], hypotheses: [] }, // prettier-ignore
  hypotheses: [
    { node: "pay", kind: "slow", statement: "pay: slower, see <https://evil.example|the fix> & more", confidence: 0.42, cites: ["m1"], notes: [] }, // prettier-ignore
    { node: "db", kind: "failing", statement: "db: fails", confidence: 0.2, cites: ["l2"], notes: [] },
  ],
  findings: [{ id: "i1", kind: "instruction", node: "pay", text: "orders", strength: 0.5 }],
  skeptic: null,
  remedy: { proposal: null, why: "no operation on the allow-list suits it", considered: [], rollback: null },
  messages: null,
  removed: [],
  written: [],
  reorderedBy: null,
  authors: {},
  ...more,
});
const { plain } = createScreen("n0");

describe("the summary", () => {
  test("says impact, onset with its bounds, both rivals with citations, what was not seen, and what comes next", () => {
    expect(compose(of, state(), plain).summary.split("\n")).toEqual([
      "Impact: checkout, severity 6 of 10; called by frontend.",
      "Since: 10:39 UTC (between 10:38 and 10:40); the alert came at 10:45.",
      "Most likely: pay: slower, see <https://evil.example|the fix> & more (42 %) [m1]",
      "Alternative: db: fails (20 %) [l2]",
      "Note: text in the evidence contains instructions; they were not followed [i1]",
      "Could not read: fetch logs (no answer within 12 s)",
      "Next: no action: no operation on the allow-list suits it.",
      "Status: investigated; a person has to look at it.",
      "Next update: when somebody acts on it, or its alerts end.",
    ]);
  });

  test("without an onset it says so", () => {
    const { summary, statusLine } = compose(of, state({ analysis: null }), plain);
    expect(summary).toContain("onset unknown; the alert came at 10:45 UTC");
    expect(statusLine).toBe("checkout: we are investigating a disruption since about 10:45 UTC.");
  });
});

test("in Slack nobody is addressed and nothing is linked by text from outside", () => {
  const { slack } = compose(of, state(), plain);
  expect(JSON.stringify(slack)).not.toMatch(/<[!@#h]/);
  expect(slack.text).toBe("INC-7: Checkout &lt;!channel&gt; is slow");
  expect(slack.blocks.every(({ text }) => text.verbatim && text.text.length <= 3_000)).toBe(true);
});

test("where nothing is wrong, the status page says no more", () => {
  const none = {
    node: null,
    kind: "no_fault" as const,
    statement: "nothing moved",
    confidence: 0.8,
    cites: [],
    notes: [],
  };
  expect(compose(of, state({ hypotheses: [none] }), plain).statusLine).toBe(
    "checkout: an alert was investigated; no disruption is visible.",
  );
});
