import { mkdir, mkdtemp, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Db, write } from "@/lib/db/client";
import { openTestDb } from "@/lib/db/queries/test-world";
import { changes, serviceEdges, services } from "@/lib/db/schema";
import { recentChanges } from "./changes";
import { createEmbedder, type Embedder } from "./embedding";
import { embedEpisodes, nearestEpisodes } from "./episode-vectors";
import { episodeWrites, similarEpisodes } from "./episodes";
import { searchTerms } from "./full-text";
import { loadRunbooks, searchRunbooks } from "./runbooks";
import { json, serve, type TestServer } from "./test-server";
import { serviceMap } from "./topology";

const NOW = Date.UTC(2026, 4, 20, 12);
let db: Db;
let close: () => Promise<void>;
let server: TestServer | undefined;
beforeEach(async () => {
  ({ db, close } = await openTestDb());
});
afterEach(async () => {
  await close();
  await server?.close();
  server = undefined;
});

describe("runbooks", () => {
  /** The runbooks that come with Sentinel; each question is one an alert would ask. */
  test.each([
    ["HighCpu: rate(process_cpu_seconds_total[1m]) above 0.5 cores", "high-cpu.md"],
    ["PodCrashLooping worker-5c689d88bb restarts, exit code 1", "crash-loop.md"],
    ["OOMKilled: resident memory grows", "memory-growth.md"],
    ["p90Latency of requests above 2 s, slow", "latency.md"],
    ["pool exhausted: timeout waiting for a connection to the database", "connection-pool-exhaustion.md"],
    ["errors since the rollout of version 2.1", "bad-deploy.md"],
    ["several services fail, shared dependency refused connections, downstream", "downstream-outage.md"],
    ["config changed, permission denied, revert the setting", "config-regression.md"],
  ])("%s", async (query, path) => {
    expect(await loadRunbooks(db, "seeds/runbooks", NOW)).toMatchObject({ ok: true, value: { loaded: 8 } });
    const looked = await searchRunbooks(db, { query, limit: 3 });
    expect(looked.ok && looked.value[0]?.path).toBe(path);
  });

  test("are brought up to date: changed, vanished, unreadable", async () => {
    const folder = await mkdtemp(join(tmpdir(), "runbooks-"));
    await mkdir(join(folder, "team"));
    await writeFile(
      join(folder, "a.md"),
      "# Queue\n\nintro words\n\n## Drain\n\n```sh\n# no heading\ndrain --all\n```\n",
    );
    await writeFile(
      join(folder, "team/b.md"),
      '---\nowner: x\nservices: ["shop", cart]\n---\n# Shop\n\ndrain the shop\n',
    );
    await symlink("/etc/hostname", join(folder, "link.md"));
    const load = () => loadRunbooks(db, folder, NOW);
    expect(await load()).toMatchObject({ value: { loaded: 2, removed: 0, unchanged: 0 } });
    expect(await load()).toMatchObject({ value: { loaded: 0, removed: 0, unchanged: 2 } });
    const paths = async (query: string, service?: string) => {
      const looked = await searchRunbooks(db, { query, service });
      return looked.ok ? looked.value.map(({ path, heading }) => `${path} ${heading}`) : looked.reason;
    };
    expect(await paths("drain")).toEqual(["a.md Queue › Drain", "team/b.md Shop"]);
    expect(await paths("drain", "pay")).toEqual(["a.md Queue › Drain"]);
    expect(await paths("drain", "cart")).toEqual(["a.md Queue › Drain", "team/b.md Shop"]);
    expect(await searchRunbooks(db, { query: "heading" })).toMatchObject({
      value: [{ title: "Queue", body: "```sh\n# no heading\ndrain --all\n```" }],
    });
    await unlink(join(folder, "team/b.md"));
    await writeFile(join(folder, "a.md"), "# Queue\n\nfill\n");
    expect(await load()).toMatchObject({ value: { loaded: 1, removed: 1, unchanged: 0 } });
    expect([await paths("drain"), await paths("fill")]).toEqual([[], ["a.md Queue"]]);
    await rm(folder, { recursive: true });
    expect(await load()).toMatchObject({ ok: false, reason: expect.stringMatching(/ENOENT/) });
    expect(await paths("fill")).toEqual(["a.md Queue"]);
  });

  test("no text is syntax", async () => {
    await loadRunbooks(db, "seeds/runbooks", NOW);
    const ask = async (query: string) => (await searchRunbooks(db, { query })).ok;
    for (const query of ['" OR path:a', "NEAR(a b)", "heading : x*", "a AND", "-", "", "\u0000", "')--", "ünïcode ++"])
      expect(await ask(query)).toBe(true);
    await fc.assert(fc.asyncProperty(fc.string({ unit: "binary", maxLength: 200 }), ask), { numRuns: 200 });
    expect(searchTerms("HighCPUUsage p90Latency a 42 db_pool")).toEqual([
      "highcpuusage", "high", "cpu", "usage", "p90latency", "p90", "latency", "db", "pool",
    ]); // prettier-ignore
  });
});

const NO_FEATURES = { services: [], alerts: [], templates: [], dependency: null, changeKind: null };
type Row = Parameters<typeof episodeWrites>[1];
const episode = (incidentId: string, rest: Omit<Partial<Row>, "features"> & { features?: object } = {}): Row => {
  const subjectId = rest.subjectId ?? "shop";
  return {
    incidentId,
    title: "",
    body: "",
    causeKind: "slow",
    outcome: "recovered",
    closedAt: NOW,
    ...rest,
    subjectId,
    features: { service: subjectId, ...NO_FEATURES, ...rest.features },
  };
};
const keep = (...rows: Row[]) => write(db, rows.flatMap((row) => episodeWrites(db, row))); // prettier-ignore

describe("past incidents", () => {
  test("are ranked by words and by features together; the incident itself and what shares nothing are left out", async () => {
    await keep(
      episode("pool", {
        title: "Shop: pool of connections exhausted",
        body: "All connections to orders-db were in use after a deploy.",
        causeNode: "orders-db",
        causeKind: "resource_exhaustion",
        action: "rollback",
        features: {
          dependency: "orders-db",
          changeKind: "deploy",
          alerts: ["HighErrorRate"],
          templates: ["Timeout after <*> ms waiting for <*>", "GET /cart <NUM>"],
        },
      }),
      episode("leak", {
        title: "Memory of the shop grew",
        body: "Heap climbed for hours.",
        features: { alerts: ["Oom"] },
      }),
      episode("words", { subjectId: "mail", title: "Pool of connections exhausted", body: "Connections in use." }),
      episode("far", { subjectId: "cdn", title: "Certificate expired", body: "Renewed by hand." }),
      episode("self", { title: "Shop: pool of connections exhausted", body: "All connections were in use." }),
    );
    const looked = await similarEpisodes(db, {
      text: "Shop: connections exhausted, pool in use",
      service: "shop",
      features: { dependency: "orders-db", templates: ["timeout after 5000 ms waiting for <STR>"] },
      except: "self",
    });
    // A place in both rankings counts for more than a better one in one of them.
    expect(looked.ok && looked.value.map(({ id }) => id)).toEqual(["pool", "leak", "words"]);
    expect(looked).toMatchObject({
      source: "past incidents",
      truncated: false,
      value: [
        {
          node: "orders-db",
          kind: "resource_exhaustion",
          action: "rollback",
          at: NOW / 1_000,
          shares: ["the same service, shop", "the same failing dependency, orders-db", "1 of its log templates"],
          disputed: false,
        },
        { shares: ["the same service, shop"] },
        { shares: [] },
      ],
    });
    const [best, second] = looked.ok ? looked.value : [];
    expect(best!.similarity).toBeGreaterThan(second!.similarity);
    expect(best!.similarity).toBeLessThanOrEqual(1);
  });

  test("a cause that people found wrong comes last; one episode is kept once", async () => {
    await keep(
      episode("a", { title: "Slow checkout", closedAt: NOW - 1 }),
      episode("b", { title: "Slow checkout", feedback: -1 }),
      episode("c", { title: "Slow checkout", feedback: 1, closedAt: NOW - 2 }),
    );
    await keep(episode("a", { title: "Slow checkout again", closedAt: NOW - 1 }));
    const looked = await similarEpisodes(db, { text: "slow checkout", service: "shop" });
    expect(looked.ok && looked.value.map(({ id, disputed }) => [id, disputed])).toEqual([
      ["c", false],
      ["a", false],
      ["b", true],
    ]);
  });

  test("nothing to go by finds nothing, and a database that is gone is said", async () => {
    await keep(episode("a", { title: "Slow checkout" }));
    expect(await similarEpisodes(db, { text: "" })).toMatchObject({ ok: true, value: [] });
    expect(await similarEpisodes(db, { text: "quite another thing" })).toMatchObject({ ok: true, value: [] });
    const { db: other, close: end } = await openTestDb();
    await end();
    expect(await similarEpisodes(other, { text: "x y" })).toMatchObject({ ok: false });
  });
});

/** Words to numbers by what they mean, in two dimensions more than needed: a model small enough to know its answers. */
const MEANINGS: Record<string, number> = { slow: 0, latency: 0, memory: 1, heap: 1, certificate: 2 };
function meaning(text: string, dimension: number): number[] {
  const vector = Array.from({ length: dimension }, () => 0.01);
  for (const word of text.toLowerCase().match(/\w+/g) ?? []) if (word in MEANINGS) vector[MEANINGS[word]!]! += 1;
  return vector;
}

describe("embeddings", () => {
  let broken = false;
  const embedder = async (model: string, dimension = 5): Promise<Embedder> => {
    broken = false;
    await server?.close();
    server = await serve(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const { input } = JSON.parse(body) as { input: string[] };
      if (broken) return json(response, { error: "overloaded" }, 503);
      // Out of order, as the format allows.
      const data = input.map((text, index) => ({ index, embedding: meaning(text, dimension) })).reverse();
      return json(response, { object: "list", data });
    });
    return createEmbedder({ source: "embeddings", url: `${server.url}/v1`, model }, { fetch, now: Date.now });
  };

  test("find what says the same in other words, and are fused with the rest", async () => {
    await keep(
      episode("a", { title: "Latency rose" }),
      episode("b", { title: "Certificate" }),
      episode("c", { title: "Heap" }),
    );
    const model = await embedder("m1");
    expect(await nearestEpisodes(db, model, { text: "slow", limit: 2 })).toMatchObject({ ok: true, value: [] });
    expect(await embedEpisodes(db, model)).toMatchObject({ ok: true, value: 3 });
    expect(await embedEpisodes(db, model)).toMatchObject({ ok: true, value: 0 });
    const near = await nearestEpisodes(db, model, { text: "all is slow", limit: 2 });
    expect(near.ok && near.value[0]).toMatchObject({ incidentId: "a", similarity: expect.closeTo(1, 1) });
    const looked = await similarEpisodes(db, { text: "all is slow" }, model);
    expect(looked.ok && looked.value[0]!.id).toBe("a");
    expect(server!.asked.every((line) => line === "POST /v1/embeddings")).toBe(true);
  });

  test("of another model or dimension are never compared; a change of model, and a changed text, are embedded anew", async () => {
    await keep(episode("a", { title: "Latency" }), episode("b", { title: "Heap" }));
    await embedEpisodes(db, await embedder("m1"));
    const second = await embedder("m2");
    expect(await nearestEpisodes(db, second, { text: "slow", limit: 5 })).toMatchObject({ value: [] });
    expect(await embedEpisodes(db, second)).toMatchObject({ value: 2 });
    const third = await embedder("m3", 7);
    expect(await nearestEpisodes(db, third, { text: "slow", limit: 5 })).toMatchObject({ value: [] });
    expect(await embedEpisodes(db, third)).toMatchObject({ value: 2 });
    await keep(episode("a", { title: "Memory" }));
    expect(await embedEpisodes(db, third)).toMatchObject({ value: 1 });
    const near = await nearestEpisodes(db, third, { text: "memory", limit: 5 });
    expect(near.ok && near.value.map(({ similarity }) => Math.round(similarity))).toEqual([1, 1]);
    const count = async (table: string) => (await db.$client.execute(`SELECT count(*) AS n FROM ${table}`)).rows[0]!.n;
    expect([
      await count("episode_vectors_5"),
      await count("episode_vectors_7"),
      await count("episode_vectors"),
    ]).toEqual([0, 2, 2]);
  });

  test("when the endpoint is away, words and features stand and the source says so", async () => {
    await keep(episode("a", { title: "Slow checkout" }));
    const model = await embedder("m1");
    broken = true;
    expect(await similarEpisodes(db, { text: "slow checkout" }, model)).toMatchObject({
      ok: true,
      truncated: true,
      missing: [{ source: "embeddings", reason: expect.stringMatching(/^answered 503/) }],
      value: [{ id: "a" }],
    });
    expect(await embedEpisodes(db, model)).toMatchObject({ ok: false });
  });
});

test("changes of a window, the oldest first, of too many the newest", async () => {
  const row = (id: string, at: number, rest: Partial<typeof changes.$inferInsert> = {}) => ({
    id,
    subjectKind: "service" as const,
    subjectId: "shop",
    kind: "deploy" as const,
    at: NOW + at * 1_000,
    declared: true,
    source: "github",
    status: "declared" as const,
    createdAt: NOW,
    ...rest,
  });
  await write(db, [
    db
      .insert(changes)
      .values([
        row("1", 0, { from: "1.0", to: "1.1", note: "ship it" }),
        row("2", 10, { subjectId: "cart", kind: "config", declared: false, source: "watch", to: "pool=5" }),
        row("3", 20, { subjectKind: "agent", subjectId: "bot", kind: "prompt" }),
        row("4", -1),
      ]),
  ]);
  const window = { from: NOW / 1_000, to: NOW / 1_000 + 20 };
  expect(await recentChanges(db, window, null, AbortSignal.timeout(10_000))).toEqual({
    ok: true,
    source: "change log",
    truncated: false,
    value: [
      {
        t: NOW / 1_000,
        node: "shop",
        kind: "deploy",
        summary: "1.0 → 1.1 ship it (github)",
        from: "1.0",
        to: "1.1",
      },
      {
        t: NOW / 1_000 + 10,
        node: "cart",
        kind: "config",
        summary: "pool=5 (watch, detected, not declared)",
        to: "pool=5",
      },
      { t: NOW / 1_000 + 20, node: "bot", kind: "prompt", summary: "(github)" },
    ],
  });
  expect(
    await recentChanges(db, { ...window, subjects: ["cart", "bot"], limit: 1 }, null, AbortSignal.timeout(10_000)),
  ).toMatchObject({
    truncated: true,
    value: [{ node: "bot" }],
  });
});

test("the service map: what is known, without edges that nobody has seen for long, unless they were declared", async () => {
  const edge = (caller: string, callee: string, source: string, age: number) => ({
    caller,
    callee,
    source,
    lastSeenAt: NOW - age,
  });
  await write(db, [
    db.insert(services).values([
      { id: "shop", stateSince: 0, source: "prometheus", firstSeenAt: 0, lastSeenAt: NOW },
      { id: "orders-db", kind: "database", stateSince: 0, source: "seed", firstSeenAt: 0, lastSeenAt: NOW },
    ]),
    db
      .insert(serviceEdges)
      .values([
        edge("shop", "orders-db", "seed", 90 * 86_400_000),
        edge("shop", "mail", "traces", 3_600_000),
        edge("shop", "gone", "traces", 30 * 86_400_000),
      ]),
  ]);
  expect(await serviceMap(db, NOW)).toMatchObject({
    ok: true,
    value: {
      nodes: [{ id: "orders-db", kind: "database" }, { id: "shop", kind: "service" }, { id: "mail" }],
      edges: [
        ["shop", "mail"],
        ["shop", "orders-db"],
      ],
    },
  });
});
