import { describe, expect, test } from "vitest";
import { changedFiles } from "./unified-diff";

const hunk = (...lines: string[]) => ["@@ -1,2 +1,2 @@ size", " const size =", ...lines].join("\n");

describe("files and their hunks", () => {
  const POOL = hunk("-  50", "+  5");
  test.each<[string, string, [string, string?][]]>([
    [
      "git",
      `diff --git a/src/pool.ts b/src/pool.ts\nindex 1a..2b 100644\n--- a/src/pool.ts\n+++ b/src/pool.ts\n${POOL}\n`,
      [["src/pool.ts", POOL]],
    ],
    [
      "diff -u, with its times",
      `--- src/pool.ts\t2026-01-01 00:00\n+++ src/pool.ts\t2026-01-02 00:00\n${POOL}`,
      [["src/pool.ts", POOL]],
    ],
    ["a folder that is called b, without prefixes", `--- b/pool.ts\n+++ b/pool.ts\n${POOL}`, [["b/pool.ts", POOL]]],
    ["ends of lines of Windows", `--- a/p.ts\r\n+++ b/p.ts\r\n${POOL.replaceAll("\n", "\r\n")}\r\n`, [["p.ts", POOL]]],
    ["a new file", `--- /dev/null\n+++ b/p.ts\n@@ -0,0 +1 @@\n+a`, [["p.ts", "@@ -0,0 +1 @@\n+a"]]],
    ["a deleted file", `--- a/p.ts\n+++ /dev/null\n@@ -1 +0,0 @@\n-a`, [["p.ts", "@@ -1 +0,0 @@\n-a"]]],
    ["a binary file", "diff --git a/a b.png b/a b.png\nBinary files a/a b.png and b/a b.png differ\n", [["a b.png"]]],
    [
      "a renamed file",
      "diff --git a/x.ts b/y.ts\nsimilarity index 100%\nrename from x.ts\nrename to y.ts\n",
      [["y.ts"]],
    ],
    [
      "an unusual name",
      `--- "a/caf\\303\\251.pem"\n+++ "b/caf\\303\\251.pem"\n@@ -1 +1 @@\n-a\n+b`,
      [["b/caf\\303\\251.pem".slice(2), "@@ -1 +1 @@\n-a\n+b"]],
    ],
    [
      "a message before, as of git show",
      `commit 1a2b\n\n    - tidy\n\n--- a/p.ts\n+++ b/p.ts\n${POOL}`,
      [["p.ts", POOL]],
    ],
    [
      "the same file in two commits",
      `--- a/p.ts\n+++ b/p.ts\n${POOL}\n--- a/p.ts\n+++ b/p.ts\n${POOL}`,
      [["p.ts", `${POOL}\n${POOL}`]],
    ],
    [
      "a removed line like a heading",
      `--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,1 @@\n--- a/secret\n select 1\n+++ b/other\n`,
      [["q.sql", "@@ -1,2 +1,1 @@\n--- a/secret\n select 1"]],
    ],
    [
      "an end in the middle of a hunk",
      `--- a/p.ts\n+++ b/p.ts\n@@ -1,9 +1,9 @@\n a\n-b`,
      [["p.ts", "@@ -1,9 +1,9 @@\n a\n-b"]],
    ],
    ["no diff", "we changed the pool's size", []],
    ["a combined diff", "diff --cc p.ts\n--- a/p.ts\n+++ b/p.ts\n@@@ -1,1 -1,1 +1,2 @@@\n++a", [["p.ts"]]],
  ])("%s", (_, diff, files) => {
    expect(changedFiles(diff)).toEqual(files.map(([filename, patch]) => (patch === undefined ? { filename } : { filename, patch }))); // prettier-ignore
  });

  test("hunks without a heading are those of the file that is named beside them", () => {
    expect(changedFiles(POOL, "src/pool.ts")).toEqual([{ filename: "src/pool.ts", patch: POOL }]);
    expect(changedFiles(POOL)).toEqual([]);
  });
});
