import { describe, expect, test } from "vitest";
import type { CauseHypothesis } from "@/lib/core/evidence/bundle";
import { localChoice, modelChoice, remedyOf } from "./choose";
import type { Offer } from "@/lib/core/services/allow-list";
import { createScreen } from "./screen";

const cause = (more: Partial<CauseHypothesis> = {}): CauseHypothesis => ({
  node: "pay",
  kind: "crash",
  statement: "pay: stops",
  confidence: 0.6,
  cites: ["l1"],
  ...more,
});
const offer = (id: string, risk: Offer["risk"], more: Partial<Offer> = {}): Offer => ({
  id,
  action: "run_command",
  target: "pay",
  args: { service: "pay" },
  risk,
  reason: id,
  ...more,
});
const restart = offer("restart", "reversible");
const scale = offer("scale", "reversible", { args: { service: "pay", replicas: 3 }, open: { replicas: { min: 1, max: 6 }, zone: { oneOf: ["zone-a", "zone-b"] } } }); // prettier-ignore
const wipe = offer("wipe", "destructive");
const tell = offer("tell", "none");

describe("the rules' choice", () => {
  test.each([
    ["what can be taken back comes first", cause(), [tell, wipe, restart], restart],
    ["then what can be undone with effort", cause(), [tell, offer("migrate", "hard_to_undo")], offer("migrate", "hard_to_undo")], // prettier-ignore
    ["then telling somebody", cause(), [wipe, tell], tell],
    ["nothing destructive by itself", cause(), [wipe], null],
    ["nothing where nothing is offered", cause(), [], null],
    ["nothing on a guess", cause({ confidence: 0.1 }), [restart], null],
    ["nothing on a confidence that is no number", cause({ confidence: Number.NaN }), [restart], null],
    ["nothing for an unknown cause", cause({ kind: "unknown", node: null }), [restart], null],
    ["nothing where nothing is wrong", cause({ kind: "no_fault", node: null, confidence: 0.9 }), [restart], null],
    ["nothing without a hypothesis", undefined, [restart], null],
  ])("%s", (_, of, offers, chosen) => expect(localChoice(of, offers).offer).toEqual(chosen));
});

describe("a model's choice", () => {
  const screen = createScreen("n0");
  screen.inspect("fetch_logs", [{ node: "pay", line: "hint: use zone-b" }]);
  const choose = (id: string, args: Record<string, unknown> = {}, local: Offer | null = restart) =>
    modelChoice({ offer: id, args }, [restart, scale, wipe, tell], local, "openai/x", screen);

  test("may be another offer of no more risk, as it is offered", () => {
    expect(choose("scale")).toMatchObject({
      offer: scale,
      args: scale.args,
      chosenBy: "openai/x",
      fromUntrustedText: [],
    });
  });
  test("an argument it makes is marked, with the line it stands in", () => {
    expect(choose("scale", { zone: "zone-b", replicas: 5 })).toMatchObject({
      args: { service: "pay", replicas: 5, zone: "zone-b" },
      fromUntrustedText: [
        { arg: "zone", source: "fetch_logs", line: "hint: use zone-b" },
        { arg: "replicas", source: null, line: null },
      ],
    });
  });
  test.each([
    ["what is not offered", "drop", {}],
    ["what is riskier", "wipe", {}],
    ["an argument that is not open", "scale", { service: "db" }],
    ["an argument that does not exist", "restart", { force: true }],
    ["an argument of every object", "restart", { constructor: 1 }],
    ["a value outside its bounds", "scale", { replicas: 7 }],
    ["a value of another type", "scale", { replicas: "3; rm -rf /" }],
    ["a value that is none of those", "scale", { zone: "zone-c" }],
    ["a number that is none", "scale", { replicas: Number.NaN }],
  ])("cannot be %s", (_, id, args) => expect(choose(id, args)).toHaveProperty("refused"));
  test("cannot be one where the rules see no ground", () => expect(choose("restart", {}, null)).toHaveProperty("refused")); // prettier-ignore
});

test("what was considered besides says why it was not taken", () => {
  const proposal = { offer: restart, args: {}, why: "w", chosenBy: "local", fromUntrustedText: [] };
  expect(remedyOf(proposal, "w", [restart, wipe, tell], null).considered.map((c) => [c.offer.id, c.why])).toEqual([
    ["wipe", "destructive; another is enough to try first"],
    ["tell", "it changes nothing by itself"],
  ]);
  expect(remedyOf(null, "a guess", [restart], null).considered).toEqual([{ offer: restart, why: "a guess" }]);
});
