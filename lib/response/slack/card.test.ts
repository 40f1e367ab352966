import { describe, expect, test } from "vitest";
import type { IncidentNow } from "@/lib/db/queries/slack";
import { cardOf } from "./card";

type Row = IncidentNow["approvals"][number];
type Proposal = Partial<Pick<Row["proposal"], "args" | "considered">>;
const RUNS = { title: "restart a deployment", undo: null, dryRun: null };
const operation = (runs: string[]): Proposal => ({
  considered: { rivals: [], untrusted: [], operation: { ...RUNS, runs } },
});

function askedOf(proposal: Proposal, subjectId = "checkout") {
  const row = {
    approval: { id: "apr_1", state: "pending", digest: "d", subjectId, expiresAt: 0 },
    proposal: {
      action: "run_command",
      risk: "low",
      blastRadius: "one service",
      expected: "recovers",
      args: {},
      considered: null,
      ...proposal,
    },
  };
  const incident = {
    id: "inc_1",
    title: "t",
    state: "awaiting_approval",
    severity: 5,
    closedAt: null,
    acknowledgedBy: null,
  };
  return cardOf({ seq: 1, incident, subjects: [], pageText: null, approvals: [row] } as unknown as IncidentNow, null)
    .asked[0]!;
}

describe("what may be approved in Slack is shown in full", () => {
  test.each<[string, Proposal, string]>([
    ["no arguments", {}, ""],
    [
      "arguments, without the entry that the title names",
      { args: { entry: "restart", epoch: 1, mode: "soft" } },
      "arguments: epoch=1, mode=soft",
    ],
    [
      "what runs, item by item",
      operation(["kubectl", "annotate", "deploy/checkout", "note=a b"]),
      'runs: kubectl annotate deploy/checkout "note=a b"',
    ],
    ["as much as fits", { args: { a: "x".repeat(900) } }, `arguments: a=${"x".repeat(900)}`],
  ])("%s", (_what, proposal, does) => expect(askedOf(proposal)).toMatchObject({ does, checkFirst: null }));

  test.each<[string, Proposal, RegExp]>([
    ["arguments too long for a message", { args: { a: "x".repeat(1_000) } }, /in full/],
    ["an operation too long for a message", operation(["sh", "-c", "x".repeat(1_000)]), /in full/],
    ["a secret in an argument", { args: { header: "Bearer abcdefghijklmnopqrstuvwxyz0123456789" } }, /not shown here/],
    ["a secret in what runs", operation(["curl", "https://user:hunter2hunter2@example.com/"]), /not shown here/],
    ["a mark of direction, which no message shows", { args: { file: "gnp.\u202Eexe" } }, /in full/],
    [
      "an argument from untrusted text",
      { considered: { rivals: [], untrusted: [{ argument: "a", source: "log", line: "x" }] } },
      /untrusted text/,
    ],
  ])("%s: only in Sentinel", (_what, proposal, why) => expect(askedOf(proposal).checkFirst).toMatch(why));

  test("a subject too long for a message: only in Sentinel", () => {
    const { act, checkFirst } = askedOf({}, "x".repeat(400));
    expect([act.length, checkFirst]).toEqual([300, "it is not shown here in full."]);
  });
});
