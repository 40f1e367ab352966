import { describe, expect, it } from "vitest";
import { mineTemplates } from "./log-templates";

const many = (n: number, line: (i: number) => string) => Array.from({ length: n }, (_, i) => line(i));
const count = (lines: string[]) => mineTemplates(lines).templates.length;
const taken = many(100, (i) => `order ${1000 + i} was taken by desk ${2000 + i} today`);

describe("rare variants of a frequent template", () => {
  it.each([
    ["a value of several words", "order 7 was taken by desk on the left side today", 1],
    ["a value that holds signs", "order [none] was taken by desk 4 today", 1],
    ["no value", "order was taken by desk 4 today", 1],
    ["a word where the template has no value", "order 7 was not taken by desk 4 today", 2],
    ["a word of the template is missing", "order 7 was taken by 4 today", 2],
    ["the words in another order", "today order 7 was taken by desk 4", 2],
    ["more words too many than words", `order ${"very ".repeat(9)}long was taken by desk 4 today`, 2],
    ["what tells of a failure", "order 7 failed was taken by desk 4 today", 2],
  ])("%s", (_, line, templates) => expect(count([...taken, line])).toBe(templates));

  it("come once or twice: what comes again is wording", () => {
    const two = many(30, (i) => `order ${i} was taken by the desk on the left side ${i} today`);
    expect(count([...taken, ...two])).toBe(2);
  });

  it("of a template that is not frequent are templates of their own", () =>
    expect(count([...taken.slice(0, 10), "order [none] was taken by desk 4 today"])).toBe(2));

  it("that only lack a value may be frequent", () =>
    expect(count([...taken, ...many(80, (i) => `order was taken by desk ${2000 + i} today`)])).toBe(1));
});

describe("names", () => {
  const name = (i: number) =>
    `${"abcdefghijklm"[i % 13]!.repeat(3)}${"nopqrstuvwxyz"[Math.floor(i / 13) % 13]!.repeat(2)}`;
  it("at the beginning of a line are no words", () =>
    expect(count(many(40, (i) => `${name(i)} has ended its work well`))).toBe(1));
  it("are told by their number where little else is alike", () =>
    expect(count(many(40, (i) => `stop ${name(i)}`))).toBe(1));
});
