import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseAllowList } from "./allow-list";
import { dryRun, type OperationPorts, perform, prepare } from "./index";
import { serveGithub, type TestGithub } from "./test-github";

const ENTRY = { name: "revert", kind: "rollback_pr", services: ["*"], remedies: ["deploy_regression"], owner: "acme", repo: "shop", paths: ["services/{service}/", "versions.json"], timeout_ms: 30_000 }; // prettier-ignore
const list = parseAllowList({ operations: [ENTRY] }, { secrets: {}, github: true });
const TOKEN = "ghp_0123456789012345678901234567890123456";

let github: TestGithub;
let ports: OperationPorts;
beforeEach(async () => {
  github = await serveGithub(process.env["PATH"] ?? "");
  ports = { env: {}, github: { api: github.api, token: TOKEN }, now: () => 0 };
});
afterEach(() => github.close());

/** Writes and removes files and commits them. Gives the commit. */
function commit(message: string, files: Record<string, string | null>): string {
  const root = github.git("rev-parse", "--show-toplevel");
  for (const [path, text] of Object.entries(files)) {
    if (text === null) rmSync(join(root, path));
    else {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  }
  github.git("add", "--all");
  github.git("commit", "--quiet", "--message", message);
  return github.git("rev-parse", "HEAD");
}
const operation = (args: Record<string, unknown> = {}) => {
  const prepared = prepare(list, "revert", args, "api");
  if (!prepared.ok) throw new Error(prepared.reason);
  return prepared.value;
};
const open = (args: Record<string, unknown> = {}, key = "act_1") =>
  perform(operation(args), ports, { idempotencyKey: key });
const treeOf = (rev: string) => github.git("rev-parse", `${rev}^{tree}`);
/** What git itself makes of reverting a commit on main. */
function revertedTree(sha: string): string {
  github.git("checkout", "--quiet", "-B", "expected", "main");
  github.git(
    "revert",
    "--no-edit",
    ...(github.git("show", "-s", "--format=%P", sha).includes(" ") ? ["-m", "1"] : []),
    sha,
  );
  const tree = treeOf("expected");
  github.git("checkout", "--quiet", "main");
  return tree;
}

const good = () =>
  commit("all well", {
    "services/api/app.js": "one\n",
    "services/api/old name.js": "moves, and is long enough to be seen as the same\n",
    "services/api/gone.js": "is removed\n",
    "services/db/app.js": "db\n",
    "versions.json": '{"api": "1.4.0"}\n',
  });
const bad = () =>
  commit("faster, closes #7", {
    "services/api/app.js": "two\n",
    "services/api/deep/er/new.js": "added\n",
    "services/api/old name.js": null,
    "services/api/new näme.js": "moves, and is long enough to be seen as the same\n",
    "services/api/gone.js": null,
    "versions.json": '{"api": "2.0.0"}\n',
  });

describe("a rollback pull request", () => {
  it("is what git makes of reverting the last commit there", async () => {
    github.git("config", "core.quotePath", "false");
    good();
    const sha = bad();
    commit("elsewhere", { "services/db/app.js": "db 2\n" });
    const done = await open();
    expect(done).toMatchObject({ ok: true, result: { pullRequest: 1, branch: "sentinel/rollback-act_1", commit: sha, found: false } }); // prettier-ignore
    expect(done.detail).toBe("Pull request 1 is open: https://github.example/acme/shop/pull/1. Nothing changes until somebody merges it"); // prettier-ignore
    expect(treeOf("sentinel/rollback-act_1")).toBe(revertedTree(sha));
    expect(github.git("rev-parse", "sentinel/rollback-act_1^")).toBe(github.git("rev-parse", "main"));
    expect(github.pulls).toMatchObject([{ title: `Roll back ${sha.slice(0, 12)} for api`, head: "sentinel/rollback-act_1", base: "main" }]); // prettier-ignore
    expect(github.headers.every((h) => h.authorization === `Bearer ${TOKEN}` && h["x-github-api-version"])).toBe(true);
    expect(JSON.stringify(done)).not.toContain(TOKEN);
  });

  it("takes back a named commit, a merge as what it brought in", async () => {
    good();
    github.git("checkout", "--quiet", "-b", "feature");
    commit("feature", { "services/api/app.js": "three\n" });
    github.git("checkout", "--quiet", "main");
    commit("elsewhere", { "services/db/app.js": "db 2\n" });
    github.git("merge", "--quiet", "--no-ff", "--message", "merged", "feature");
    const merge = github.git("rev-parse", "HEAD");
    expect(await open({ commit: merge.slice(0, 10) })).toMatchObject({ ok: true, result: { commit: merge } });
    expect(treeOf("sentinel/rollback-act_1")).toBe(revertedTree(merge));
  });

  it("keeps modes, and leaves alone what is out of reach", async () => {
    good();
    github.git("update-index", "--chmod=+x", "services/api/app.js");
    github.git("commit", "--quiet", "--message", "executable");
    github.git("checkout", "--quiet", "--force", "main");
    const sha = commit("both", { "services/api/app.js": "two\n", "services/db/app.js": "db 2\n" });
    const done = await open();
    expect(done.result).toMatchObject({
      commit: sha,
      left: ["services/db/app.js"],
      files: [{ path: "services/api/app.js" }],
    });
    expect(github.git("ls-tree", "sentinel/rollback-act_1", "services/api/app.js")).toMatch(/^100755 blob /);
    expect(github.git("show", "sentinel/rollback-act_1:services/db/app.js")).toBe("db 2");
    expect(github.pulls[0]?.body).toContain("1 more of its files are outside this operation's paths");
  });

  it("takes back the later of two changes", async () => {
    good();
    commit("version", { "versions.json": '{"api": "1.5.0"}\n' });
    const sha = commit("code", { "services/api/app.js": "two\n" });
    expect((await open()).result).toMatchObject({ commit: sha });
  });

  it("is opened once for a run, and found again", async () => {
    good();
    bad();
    await open();
    const commits = github.git("rev-list", "--all", "--count");
    expect(await open()).toMatchObject({ ok: true, result: { pullRequest: 1, found: true } });
    github.pulls[0]!.state = "closed";
    expect(await open()).toMatchObject({
      ok: true,
      detail: expect.stringContaining("was opened before and is closed"),
    });
    expect([github.pulls.length, github.git("rev-list", "--all", "--count")]).toEqual([1, commits]);
  });

  it("goes on from its own branch after a crash in between", async () => {
    good();
    const sha = bad();
    github.instead = (method, path) => (method === "POST" && path === "/pulls" ? { status: 502, body: {} } : null);
    expect(await open()).toMatchObject({ ok: false, detail: expect.stringContaining("GitHub answered 502") });
    github.instead = null;
    const branch = github.git("rev-parse", "sentinel/rollback-act_1");
    expect(await open()).toMatchObject({ ok: true, result: { pullRequest: 1 } });
    expect(github.git("rev-parse", "sentinel/rollback-act_1")).toBe(branch);
    expect(github.pulls[0]?.title).toBe(`Roll back ${sha.slice(0, 12)} for api`);
  });

  it("cites what it rests on, fenced, without secrets or effect", async () => {
    good();
    bad();
    const citations = ["errors rose, see @everyone", "log: ```\n</details> closes #3", "token=abcdef123456"];
    await perform(operation(), ports, { idempotencyKey: "act_1", occasion: { incident: "inc_1", citations } });
    const { body } = github.pulls[0]!;
    expect(body).toContain(
      "````text\nerrors rose, see @everyone\nlog: ``` </details> closes #3\ntoken=[redacted:password]\n````",
    );
    expect(body.replace(/````text[^]*?\n````/, "")).not.toMatch(/@everyone|closes #/);
    const message = github.git("show", "-s", "--format=%B", "sentinel/rollback-act_1");
    expect(message).not.toMatch(/@everyone|closes #/);
  });

  it("names its branch by the run alone, whatever the run is called", async () => {
    good();
    bad();
    expect((await open({}, "../../heads/main x")).result).toMatchObject({
      branch: "sentinel/rollback-------heads-main-x",
    });
  });
});

describe("no pull request", () => {
  const assertRefused = async (reason: RegExp, args: Record<string, unknown> = {}) => {
    const done = await open(args);
    expect(done).toMatchObject({ ok: false, detail: expect.stringMatching(reason) });
    expect(github.pulls).toEqual([]);
    expect(github.git("branch", "--list", "sentinel/*")).toBe("");
  };

  it("where a later commit touched the same file", async () => {
    good();
    const sha = bad();
    commit("more", { "services/api/app.js": "two and a half\n" });
    await assertRefused(/services\/api\/app\.js was changed again since; revert it manually/, {
      commit: sha,
    });
  });
  it("where it was taken back already, or the last change is a rollback", async () => {
    good();
    const sha = bad();
    await open();
    github.git("merge", "--quiet", "--ff-only", "sentinel/rollback-act_1");
    github.pulls.length = 0;
    github.git("branch", "--quiet", "--delete", "--force", "sentinel/rollback-act_1");
    await assertRefused(/nothing of that change is left to revert/, { commit: sha });
    await assertRefused(/the last change there is a rollback itself/);
  });
  it.each([
    ["main", /not identified by a commit hash/],
    ["v1.0", /not identified by a commit hash/],
    ["deadbeef", /GitHub answered 404/],
  ])("of %s", async (wanted, reason) => {
    good();
    bad();
    await assertRefused(reason, { commit: wanted });
  });
  it("of a commit that is not on the branch", async () => {
    good();
    github.git("checkout", "--quiet", "-b", "other");
    const other = commit("other", { "services/api/app.js": "other\n" });
    github.git("checkout", "--quiet", "main");
    await assertRefused(/is not part of main/, { commit: other });
  });
  it("of the first commit, of nothing, of a hundred files", async () => {
    const first = commit("first", { "README.md": "x\n" });
    await assertRefused(/the first commit of a repository/, { commit: first });
    await assertRefused(/no commit ever touched these paths/);
    commit("many", Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`services/api/${i}`, "x\n"])));
    await assertRefused(/it changed 100 files or more/);
  });
  it.each([
    [
      401,
      { message: "Bad credentials token=abcdefgh" },
      /GitHub answered 401: “Bad credentials token=\[redacted:password\]”/,
    ],
    [403, "no JSON object", /GitHub answered 403$/],
    [200, { unexpected: true }, /GitHub sent an unexpected response/],
    [302, {}, /GitHub answered 302/],
  ])("when GitHub answers %i %j", async (status, body, reason) => {
    good();
    github.instead = () => ({ status, body });
    await assertRefused(reason);
  });
  it("when GitHub is away, or no token is there", async () => {
    good();
    const gone = await serveGithub(process.env["PATH"] ?? "");
    await gone.close();
    ports = { ...ports, github: { api: gone.api, token: TOKEN } };
    await assertRefused(/GitHub did not answer \(ECONNREFUSED\)/);
    ports = { ...ports, github: null };
    await assertRefused(/No GitHub token/);
  });
});

it("a dry run reads only, and says what would go back to what", async () => {
  good();
  const sha = bad();
  const done = await dryRun(operation(), ports);
  expect(done).toMatchObject({ ok: true, result: { commit: sha } });
  expect(done.result["files"]).toContainEqual({ path: "services/api/deep/er/new.js", becomes: "removed" });
  expect(github.asked.filter((line) => !line.startsWith("GET "))).toEqual([]);
});
