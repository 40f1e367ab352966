import { afterEach, beforeEach, expect, test } from "vitest";
import type { ChangeBody } from "@/lib/contracts/changes";
import { listFindings } from "@/lib/db/queries/incidents";
import { findStory } from "@/lib/views/service-story";
import { causes, incidents } from "@/lib/db/schema";
import { parseEnv } from "@/lib/env";
import { json, serve, type TestServer } from "@/lib/evidence/test-server";
import { declare } from "@/lib/ingest/declare";
import { takeGithub } from "@/lib/ingest/github";
import { createIntegrations } from "./integrations";
import { TestEstate } from "./test-estate";

const [A, B] = ["a".repeat(40), "b".repeat(40)] as [string, string];
const SECRET = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";

let estate: TestEstate;
let server: TestServer | undefined;
beforeEach(async () => {
  estate = await TestEstate.open();
});
afterEach(async () => {
  await estate.end();
  await server?.close();
  server = undefined;
});

/** GitHub tells of a push to the service's repository; minutes later the service fails, and is looked into. */
async function pushedAndFailed() {
  const pushedAt = estate.now - 10 * 60_000;
  const push = {
    ref: "refs/heads/main",
    before: A,
    after: B,
    repository: { full_name: "acme/api", name: "api", default_branch: "main", pushed_at: pushedAt / 1_000 },
    head_commit: { message: "Tidy the pool" },
    commits: [{ modified: ["src/pool.ts"] }],
  };
  await takeGithub(estate.db, { id: "github", kind: "github" }, { event: "push", body: push }, pushedAt);
  return failed();
}

async function failed() {
  estate.log(
    "api",
    [300, 200, 100].map((s) => [estate.now - s * 1_000, "no free connection in the pool, size exceeded"]),
  );
  await estate.alert([{ name: "Slow", service: "api" }]);
  await estate.rest();
  const [incident] = await estate.db.select().from(incidents);
  const found = await listFindings(estate.db, incident!.id);
  const story = await findStory(estate.db, incident!.id);
  return { found, story: story!, causes: await estate.db.select().from(causes) };
}

test("an incident after a push cites what the push changed, and keeps no secret of it", async () => {
  server = await serve((_, response) =>
    json(response, {
      status: "ahead",
      files: [{ filename: "src/pool.ts", patch: `@@ -1,2 +1,2 @@\n-  size: 50\n+  size: 5\n+  key: "${SECRET}"` }],
    }),
  );
  const env = parseEnv({ GITHUB_API_URL: server.url, GITHUB_READ_TOKEN: "reads", GITHUB_TOKEN: "writes" });
  estate.repositories = (await createIntegrations(env)).repositories;
  const { found, causes: rivals, story } = await pushedAndFailed();
  const change = found.find(({ kind }) => kind === "change")!;
  expect(change.title).toContain("Its diff (src/pool.ts) changes 50 to 5: 'size: 5'");
  expect(rivals.find(({ kind }) => kind === "deploy_regression")?.cites).toContain(change.id);
  expect(JSON.stringify([found, story, await estate.db.query.investigations.findMany()])).not.toContain(SECRET);
  expect(server.asked).toEqual([`GET /repos/acme/api/compare/${A}...${B}?per_page=1`]);
});

test("an incident after a change that was announced with its diff cites what it changed", async () => {
  const diff = `--- a/src/pool.ts\n+++ b/src/pool.ts\n@@ -1,1 +1,2 @@\n-  size: 50\n+  size: 5\n+  key: "${SECRET}"\n`;
  const body = { subject_kind: "service", subject_id: "api", kind: "deploy", to: "1.5.0", diff } as const;
  const at = estate.now - 10 * 60_000;
  const { id } = await declare(estate.db, { ...body, at }, "key ci", at);
  const again = async (more: Partial<ChangeBody>) =>
    (await declare(estate.db, { ...body, at, ...more }, "key ci", at)).id;
  expect(await again({})).toBe(id);
  const { found, story, causes: rivals } = await failed();
  const change = found.find(({ kind }) => kind === "change")!;
  expect(change.title).toContain("Its diff (src/pool.ts) changes 50 to 5: 'size: 5'");
  expect(rivals.find(({ kind }) => kind === "deploy_regression")?.cites).toContain(change.id);
  expect(await again({ diff: diff.replace("size: 5\n", "size: 6\n") })).not.toBe(id);
  const kept = [
    found,
    story,
    await estate.db.query.investigations.findMany(),
    await estate.db.query.changeDiffs.findMany(),
  ];
  expect(JSON.stringify(kept)).toContain("[redacted:");
  expect(JSON.stringify(kept)).not.toContain(SECRET);
});

test("a GitHub that refuses is named with its reason, and the push is told without its diff", async () => {
  server = await serve((_, response) => json(response, { message: "Bad credentials" }, 401));
  const env = parseEnv({ GITHUB_API_URL: server.url, GITHUB_TOKEN: "expired" });
  estate.repositories = (await createIntegrations(env)).repositories;
  const { found, story } = await pushedAndFailed();
  expect(story.investigation!.report!.couldNotLook).toContainEqual({
    node: "deploy_correlator",
    source: "github",
    reason: expect.stringMatching(/^acme\/api: answered 401: .*Bad credentials/) as string,
  });
  const titles = found.map(({ title }) => title).join("\n");
  expect(titles).toMatch(/could not read github: acme\/api: answered 401/);
  expect(titles).toMatch(/deploy of api at .*Tidy the pool/);
});
