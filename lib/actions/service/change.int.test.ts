import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { changesOf } from "@/lib/core/base/declared";
import { TUNABLES, TUNABLES_FILE } from "@/lib/core/causes/tunables";
import { EMPTY_ALLOW_LIST, parseAllowList } from "./allow-list";
import { IMPROVEMENT } from "./allow-list-file";
import { SENTINEL, withImprovement } from "./improvement";
import { dryRun, offersFor, type OperationPorts, perform, prepare } from "./index";
import { serveGithub, type TestGithub } from "./test-github";

const changes = changesOf(TUNABLES, TUNABLES_FILE);
const list = withImprovement(EMPTY_ALLOW_LIST, { owner: "acme", repo: "shop", base: "main", changes });
const SOURCE = readFileSync(TUNABLES_FILE, "utf8");
const CHANGE = "signShare=0.7";

let github: TestGithub;
let ports: OperationPorts;
beforeEach(async () => {
  github = await serveGithub(process.env["PATH"] ?? "");
  ports = { env: {}, github: { api: github.api, token: "ghp_0123456789" }, now: () => 0 };
});
afterEach(() => github.close());

function commit(text: string): void {
  const file = join(github.git("rev-parse", "--show-toplevel"), TUNABLES_FILE);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  github.git("add", "--all");
  github.git("commit", "--quiet", "--message", "tunables");
}
const operation = (change: unknown = CHANGE) => {
  const prepared = prepare(list, IMPROVEMENT, { change }, SENTINEL);
  if (!prepared.ok) throw new Error(prepared.reason);
  return prepared.value;
};
const occasion = { incident: "inc_1", citations: ["signShare=0.7 gains 0.100", "Dev set: mean 4.7 → 4.8"] };
const open = () => perform(operation(), ports, { idempotencyKey: "act_1", occasion });

test("opens one pull request with one line changed and the report, and finds it when called again", async () => {
  commit(SOURCE);
  expect(await open()).toMatchObject({ ok: true, result: { pullRequest: 1, branch: "sentinel/improve-act_1" } });
  expect(github.git("diff", "--name-only", "main", "sentinel/improve-act_1")).toBe(TUNABLES_FILE);
  const diff = github.git("diff", "--unified=1", "main", "sentinel/improve-act_1").split("\n").slice(5);
  expect(diff).toEqual([" ".concat("  signShare: {"), "-    value: 0.55,", "+    value: 0.7,", expect.stringContaining("candidates")]); // prettier-ignore
  expect(github.pulls).toMatchObject([{ base: "main", title: "tune: signShare from 0.55 to 0.7" }]);
  for (const line of occasion.citations) expect(github.pulls[0]!.body).toContain(line);
  expect(await open()).toMatchObject({ ok: true, result: { found: true } });
  expect(github.pulls).toHaveLength(1);
  expect(github.asked.some((one) => one.includes("merge"))).toBe(false);
});

test("the dry run reads and changes nothing", async () => {
  commit(SOURCE);
  expect(await dryRun(operation(), ports)).toMatchObject({
    ok: true,
    result: { files: [{ path: TUNABLES_FILE, before: "value: 0.55,", becomes: "value: 0.7," }] },
  });
  expect(github.asked.filter((one) => !one.startsWith("GET"))).toEqual([]);
});

test.each([
  ["the repository has another value than was tried", () => commit(SOURCE.replace("value: 0.55,", "value: 0.5,")), /does not declare signShare/],
  ["the repository has no such file", () => github.git("commit", "--quiet", "--allow-empty", "--message", "x"), /has no file/],
  ["there is no such branch", () => undefined, /there is no branch main/],
])("refuses where %s", async (_, made, why) => {
  made();
  expect(await open()).toMatchObject({ ok: false, detail: expect.stringMatching(why) });
  expect(github.asked.filter((one) => !one.startsWith("GET"))).toEqual([]);
}); // prettier-ignore

test("nothing but a declared change can be said with it, and only of Sentinel", () => {
  for (const change of ["signShare=0.71", "threshold=10", "signShare=0.7\nx", "", 7])
    expect(prepare(list, IMPROVEMENT, { change }, SENTINEL)).toMatchObject({ ok: false });
  expect(prepare(list, IMPROVEMENT, { change: CHANGE, file: "lib/core/base/policy.ts" }, SENTINEL)).toMatchObject({ ok: false }); // prettier-ignore
  expect(prepare(list, IMPROVEMENT, { change: CHANGE }, "checkout")).toMatchObject({ ok: false });
});

test("it is no remedy, and no file can bring one of its name", () => {
  expect(offersFor(list, SENTINEL, "slow")).toEqual([]);
  const operations = [{ name: IMPROVEMENT, kind: "webhook", services: ["*"], remedies: ["slow"], url: "https://example.com", title: "x", risk: "none", blast_radius: "x" }]; // prettier-ignore
  expect(() => parseAllowList({ operations }, { secrets: {}, github: true })).toThrow(/built in/);
});
