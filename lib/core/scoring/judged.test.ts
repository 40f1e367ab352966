import { describe, expect, test } from "vitest";
import { checkedAnswers, type JudgedAnswer, judgeAgreement } from "./judged";
import { score } from "./score";
import { perfectService } from "./test-trajectories";

const SENT = ['tool call: read_logs {"node":"web-1"} failed', "cause: 1. web-1/slow, confidence 0.80", "hold: none"];
const said = (id: string, answer: "yes" | "no", line: string): JudgedAnswer => ({ id, answer, line });
const NOTHING = { uncited: 0, contradicted: 0, unasked: 0 };

describe("answers that count", () => {
  test.each<[string, string, string | null]>([
    ["a whole line", SENT[1]!, SENT[1]!],
    ["a short line, whole", "hold: none", SENT[2]!],
    ["a line with other spaces", "  cause:  1. web-1/slow,\tconfidence 0.80 ", SENT[1]!],
    ["a line as it stands in the block, escapes and all", JSON.stringify(SENT[0]), SENT[0]!],
    ["twelve characters of a line", "web-1/slow, ".trim() + " c", SENT[1]!],
    ["less than that", "web-1/slow", null],
    ["a line that was never sent", "cause: 1. web-1/slow, confidence 0.90", null],
    ["no line", "", null],
    ["quotes and nothing in them", '""', null],
  ])("%s", (_, line, found) => {
    const { answers, dropped } = checkedAnswers([said("q", "yes", line)], ["q"], [...SENT, ""]);
    expect(answers).toEqual(found === null ? [] : [said("q", "yes", found)]);
    expect(dropped).toEqual({ ...NOTHING, uncited: found === null ? 1 : 0 });
  });

  test.each<[string, JudgedAnswer[], string[], Partial<typeof NOTHING>]>([
    ["the same twice is once", [said("a", "no", SENT[1]!), said("a", "no", SENT[2]!)], ["a"], {}],
    ["yes and no is neither", [said("a", "no", SENT[1]!), said("a", "yes", SENT[1]!)], [], { contradicted: 1 }],
    ["a contradiction counts once, however often it is repeated, cited or not", [said("a", "no", "x"), said("a", "yes", SENT[1]!), said("a", "no", SENT[1]!)], [], { contradicted: 1 }],
    ["the one that cites counts", [said("a", "no", "made up entirely"), said("a", "no", SENT[1]!)], ["a"], {}],
    ["what was not asked", [said("z", "no", SENT[1]!), said("b", "yes", SENT[1]!)], ["b"], { unasked: 1 }],
    ["nothing said, nothing dropped", [], [], {}],
  ])("%s", (_, given, ids, dropped) => {
    const found = checkedAnswers(given, ["a", "b"], SENT);
    expect(found.answers.map(({ id }) => id)).toEqual(ids);
    expect(found.dropped).toEqual({ ...NOTHING, ...dropped });
  }); // prettier-ignore
});

describe("agreement over cases", () => {
  const { trajectory, truth } = perfectService();
  trajectory.opened!.calls.push(trajectory.opened!.calls[0]!);
  const { answers } = score(trajectory, truth);
  const judge = answers.map(({ id, answer }) => said(id, answer, SENT[1]!));

  test("an echo agrees in full, in each dimension", () => {
    const { all, dimensions, disagreements } = judgeAgreement([{ id: "one", scorer: answers, judge }]);
    expect(all).toMatchObject({ n: answers.length, agreed: 1, kappa: 1 });
    expect(Object.keys(dimensions).toSorted()).toEqual([...new Set(answers.map((one) => one.dimension))].toSorted());
    expect(dimensions.tool_efficiency).toMatchObject({ bothNo: 1, kappa: 1 });
    expect(disagreements).toEqual([]);
  });

  test("a difference is listed with both reasons, in its case", () => {
    const other = judge.map((one) => (one.id === "no_call_repeated" ? said(one.id, "yes", SENT[0]!) : one));
    const { all, disagreements } = judgeAgreement([
      { id: "one", scorer: answers, judge },
      { id: "two", scorer: answers, judge: other },
    ]);
    expect(all).toMatchObject({ n: 2 * answers.length, secondOnly: 1, bothNo: 1 });
    expect(disagreements).toEqual([
      expect.objectContaining({
        case: "two",
        id: "no_call_repeated",
        dimension: "tool_efficiency",
        scorer: "no",
        why: expect.stringContaining("read_metrics"),
        judge: "yes",
        line: SENT[0],
      }),
    ]);
  });

  test("questions that only one answered count nowhere", () => {
    expect(judgeAgreement([{ id: "one", scorer: answers, judge: [] }])).toMatchObject({ all: { n: 0, kappa: null }, dimensions: {} }); // prettier-ignore
    expect(judgeAgreement([{ id: "one", scorer: [], judge }]).all.n).toBe(0);
  });
});
