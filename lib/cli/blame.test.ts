import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { addCommands } from "./commands";
import { parse, textOf } from "./blame";

const STEP = { agent: "Planner", role: "assistant", content: "We cannot look it up; assume 42." };

describe("a transcript", () => {
  test.each([
    [JSON.stringify({ question: "Q?", history: [STEP] }), { question: "Q?", history: [STEP] }],
    [JSON.stringify([{ name: "Planner", content: "Hi" }]), { question: "", history: [{ agent: "Planner", role: undefined, content: "Hi" }] }], // prettier-ignore
    [JSON.stringify({ history: [{ ...STEP, name: "p", extra: 1 }], other: 2 }), { question: "", history: [STEP] }],
  ])("%s is read", (text, transcript) => expect(parse(text)).toEqual(transcript));

  test.each([
    ["{", /^--input: not JSON: /],
    ["7", /^--input: Invalid input: expected object/],
    ["{}", /^--input: history: /],
    ['{"history": []}', /^--input: history: has no steps$/],
    ['{"question": 1, "history": []}', /^--input: question: /],
    [JSON.stringify({ history: [STEP, { content: "x" }] }), /^--input: history\[1\]: needs agent or name, and content, as strings$/], // prettier-ignore
    [JSON.stringify([{ agent: "A" }]), /^--input: history\[0\]/],
    [JSON.stringify([{ agent: "", content: "x" }]), /^--input: history\[0\]/],
  ])("%s is refused: %s", (text, message) => expect(() => parse(text)).toThrow(message));
});

test("names do not steer the terminal", () => {
  const blamed = { step: 0, agent: "A\u001b[2J\u202eB", probability: 1, because: [] };
  expect(textOf({ agents: [blamed], steps: [blamed] })).toContain("A\ufffd[2J\ufffdB, 100 %");
  expect(textOf({ agents: [], steps: [] })).toMatch(/^No agent to blame/);
});

describe("sentinel blame", () => {
  let folder: string;
  let written: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "blame-"));
    written = "";
    vi.spyOn(process.stdout, "write").mockImplementation((text) => ((written += String(text)), true));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });
  const run = (...args: string[]) => addCommands(new Command()).parseAsync(["blame", ...args], { from: "user" });

  test("prints who and where, or JSON", async () => {
    const input = join(folder, "run.json");
    writeFileSync(input, JSON.stringify({ history: [STEP, { name: "Checker", content: "TERMINATE" }] }));
    await run("--input", input);
    expect(written).toMatch(/^Agent to look at first:\n {2}Planner, \d+ %\n {2}Checker, \d+ %\nStep to look at first:\n {2}history\[0\] Planner/); // prettier-ignore
    written = "";
    await run("--input", input, "--json");
    expect(JSON.parse(written)).toMatchObject({
      agents: [{ agent: "Planner" }, {}],
      steps: [{ step: 0 }, { step: 1 }],
    });
  });

  test("a file that is not there is named", async () => {
    await expect(run("--input", join(folder, "no.json"))).rejects.toThrow(
      /^--input: cannot read .*no\.json \(ENOENT\)$/,
    );
  });
});
