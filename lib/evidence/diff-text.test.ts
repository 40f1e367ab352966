import { describe, expect, test } from "vitest";
import { DIFF_CHARS, diffText, MAX_FILES, reversed } from "./diff-text";

const diffOf = (patch: string, filename = "src/pool.ts") => diffText([{ filename, patch }]).diff ?? "";

test("files and hunks, code before documents", () => {
  expect(
    diffText([
      { filename: "README.md", patch: "@@ -1 +1 @@\n-a\n+b" },
      { filename: "logo.png" },
      { filename: "src/pool.ts", patch: "@@ -1,2 +1,2 @@\n const size =\n-  50\n+  5" },
    ]),
  ).toEqual({
    files: ["logo.png", "src/pool.ts", "README.md"],
    diff: "--- a/src/pool.ts\n+++ b/src/pool.ts\n@@ -1,2 +1,2 @@\n const size =\n-  50\n+  5\n--- a/README.md\n+++ b/README.md\n@@ -1 +1 @@\n-a\n+b\n",
  });
  expect(diffText([{ filename: "logo.png" }])).toEqual({ files: ["logo.png"], diff: undefined });
});

const KEY = Array.from({ length: 12 }, (_, i) => `MIIEvQ${i}`.padEnd(64, "Ab3+/"));
const signed = (sign: string, lines: string[]) => lines.map((line) => sign + line).join("\n");
describe("secrets are not kept", () => {
  test.each([
    ["a token", '+const key = "ghp_abcdefghijklmnopqrstuvwxyz0123456789";', "ghp_"],
    ["a password", "+  db_password: hunter2hunter2", "hunter2"],
    ["a password at the beginning of a line", "+PASSWORD=hunter2hunter2", "hunter2"],
    ["an address", "-url: postgres://shop:s3cr3t@db/shop", "s3cr3t"],
    ["an added key", signed("+", ["-----BEGIN PRIVATE KEY-----", ...KEY, "-----END PRIVATE KEY-----"]), "MIIEvQ"],
    [
      "a removed key",
      signed("-", ["-----BEGIN RSA PRIVATE KEY-----", ...KEY, "-----END RSA PRIVATE KEY-----"]),
      "MIIEvQ",
    ],
    ["the middle of a key", signed(" ", KEY), "MIIEvQ"],
    ["a token across the cut of a long line", `+${"x".repeat(480)} ghp_abcdefghijklmnopqrstuvwxyz0123456789`, "ghp_"],
    [
      "a token across the end of what is kept",
      `+${"x y ".repeat(DIFF_CHARS / 4 - 8)} ghp_abcdefghijklmnopqrstuvwxyz0123456789`,
      "ghp_",
    ],
  ])("%s", (_, patch, secret) => expect(diffOf(patch)).not.toContain(secret));

  test.each([
    ".env",
    "deploy/.env.production",
    "certs/tls.key",
    "app/secrets.yaml",
    "ci/aws-credentials",
    "id_ed25519",
    "infra/terraform.tfstate",
  ])("what %s holds is not read; its name is", (filename) => {
    expect(diffText([{ filename, patch: "+A=b" }])).toEqual({ files: [filename], diff: undefined });
  });

  test("lines that are not secret stay, in their place", () => {
    const patch = "@@ -1,3 +1,3 @@\n a\n-password: hunter2hunter2\n-timeout: 5000\n+timeout: 50";
    expect(diffOf(patch)).toContain("\n a\n-password: [redacted:password]\n-timeout: 5000\n+timeout: 50\n");
  });
});

test("a huge change is cut at whole lines, and its documents go first", () => {
  const line = `+${"const answer = compute(input); ".repeat(3)}`;
  const patch = Array.from({ length: 400 }, () => line).join("\n");
  const { files, diff = "" } = diffText([
    { filename: "docs/a.md", patch },
    ...Array.from({ length: 300 }, (_, i) => ({ filename: `src/${i}.ts`, patch })),
  ]);
  expect(files).toHaveLength(MAX_FILES);
  expect(files).not.toContain("docs/a.md");
  expect(diff.length).toBeLessThanOrEqual(DIFF_CHARS);
  expect(diff.length).toBeGreaterThan(DIFF_CHARS / 2);
  expect(diff.endsWith(`${line}\n`)).toBe(true);
});

test("what would be shown as another text than it is, is marked", () => {
  expect(diffOf('+if (role !== "user\u202e \u2066// admin\u2069 \u2066") {\u0007')).toContain(
    "user\ufffd \ufffd// admin\ufffd \ufffd",
  );
  expect(diffText([{ filename: "a\n--- b/\u202eevil.ts" }]).files).toEqual(["a --- b/ evil.ts"]);
});

test("what takes a patch back", () => {
  expect(reversed("@@ -1 +1 @@\n a - b\n-old\n+new")).toBe("@@ -1 +1 @@\n a - b\n+old\n-new");
});
