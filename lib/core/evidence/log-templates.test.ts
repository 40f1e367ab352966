import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMiner, mineTemplates } from "./log-templates";

const texts = (lines: string[]) => mineTemplates(lines).templates.map(({ text }) => text);
const users = ["root", "mysql", "git", "news", "nobody", "www"];

describe("mineTemplates", () => {
  it("nothing of nothing", () => expect(mineTemplates([])).toEqual({ lines: [], templates: [] }));

  it("numbers templates in order of first appearance and counts their lines", () =>
    expect(mineTemplates(["a took 3 ms", "", "a took 4 s", "b is gone", ""])).toEqual({
      lines: [0, 1, 0, 2, 1],
      templates: [
        { id: 0, text: "a took <*>", count: 2 },
        { id: 1, text: "", count: 2 },
        { id: 2, text: "b is gone", count: 1 },
      ],
    }));

  it("many words at a place are values", () =>
    expect(texts(users.map((u) => `login failed for user ${u} on the gate`))).toEqual([
      "login failed for user <*> on the gate",
    ]));

  it("a few words at a place are wording", () =>
    expect(texts(["unit alpha was started", "unit alpha was stopped", "unit alpha was paused"])).toHaveLength(3));

  it("sentences without blanks are told apart by their words, not by their numbers", () =>
    expect(
      texts(
        [0, 1, 2, 3].flatMap((n) => [
          `订单${n}支付${n % 2 ? "失败" : "成功"}`,
          `接続${n}がタイムアウトしました`,
          `주문 ${n}건이 실패했습니다`,
        ]),
      ),
    ).toEqual(["订单<*>支付成功", "接続<*>がタイムアウトしました", "주문 <*>건이 실패했습니다", "订单<*>支付失败"]));

  it("a value where words stand too makes them values", () =>
    expect(texts(["user root logged in from afar", "user u17 logged in from afar"])).toEqual([
      "user <*> logged in from afar",
    ]));

  it("what shares less than it differs in stays apart", () =>
    expect(texts(users.map((u) => `stop ${u}`))).toHaveLength(users.length));

  it("does not join what begins with another word", () =>
    expect(texts(users.map((u) => `${u} has ended its work well`))).toHaveLength(users.length));

  const line = fc
    .record({
      verb: fc.constantFrom("opened", "closed", "lost"),
      user: fc.constantFrom(...users),
      n: fc.nat(),
    })
    .map(({ verb, user, n }) => `session ${n} ${verb} for user ${user}`);

  it("groups alike in any order of lines", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), fc.infiniteStream(fc.nat()), (lines, random) => {
        const order = lines.map((_, i) => ({ i, key: random.next().value as number }));
        order.sort((a, b) => a.key - b.key || a.i - b.i);
        const straight = mineTemplates(lines);
        const shuffled = mineTemplates(order.map(({ i }) => lines[i]!));
        const text = (mined: typeof straight, at: number) => mined.templates[mined.lines[at]!];
        order.forEach(({ i }, at) => {
          expect(text(shuffled, at)?.text).toBe(text(straight, i)?.text);
          expect(text(shuffled, at)?.count).toBe(text(straight, i)?.count);
        });
      }),
    );
  });

  it("counts every line once, whatever the lines are", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (lines) => {
        const { lines: ids, templates } = mineTemplates(lines);
        expect(ids).toHaveLength(lines.length);
        expect(templates.reduce((n, { count }) => n + count, 0)).toBe(lines.length);
        expect(templates.map(({ count }) => count)).toEqual(
          templates.map(({ id }) => ids.filter((x) => x === id).length),
        );
      }),
    );
  });
});

it("compares no more places than templates have, so that pasted data costs little", () => {
  const tail = (word: string) => `${word} `.repeat(300);
  expect(texts([`dump ${tail("a")}`, `dump ${tail("b")}`])).toHaveLength(2);
  const dumps = users.map((u) => `dump of all there is: ${"and ".repeat(120)}${u} ${tail("a")}`);
  expect(texts(dumps)[0]).toMatch(/^dump of all there is: (and )+<\*>$/);
});

describe("createMiner", () => {
  /** Words without a digit, all different. */
  const word = (n: number) => n.toString(26).replace(/./g, (c) => String.fromCharCode(97 + Number.parseInt(c, 26)));

  it("keeps its templates when more different lines come than it keeps", () => {
    const miner = createMiner();
    const tickets: number[] = [];
    for (let i = 0; i < 50_000; i++) {
      tickets.push(miner.add(`user x${word(i)}x was refused at the gate`));
      if (i % 10 === 0) miner.add("all is well");
    }
    const { templates, templateOf } = miner.finish();
    expect(templates).toEqual([
      { id: 0, text: "user <*> was refused at the gate", count: 50_000 },
      { id: 1, text: "all is well", count: 5_000 },
    ]);
    expect(new Set(tickets.map(templateOf))).toEqual(new Set([0]));
  });

  it("keeps the frequent and folds the rest into anything when nothing has anything in common", () => {
    const miner = createMiner();
    let last = 0;
    for (let i = 0; i < 30_000; i++) {
      last = miner.add(`x${word(i)}x y${word(i)}y`);
      if (i % 3 === 0) miner.add("all is well");
    }
    const { templates, templateOf } = miner.finish();
    expect(templates.length).toBeLessThanOrEqual(20_000);
    expect(templates.find(({ text }) => text === "all is well")?.count).toBe(10_000);
    expect(templates.find(({ text }) => text === "<*>")!.count).toBeGreaterThan(1000);
    expect(templates.reduce((n, { count }) => n + count, 0)).toBe(40_000);
    expect(templates[templateOf(last)]!.count).toBe(1);
  });
});
