import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { VERSION } from "./version.js";

/** What a host writes that depends on the package alone. */
const CONSUMER = `
import { createGuard, type Guard, SentinelHold, VERSION } from "@sentinel/agents";
import { guardedTools, sentinelMiddleware } from "@sentinel/agents/ai-sdk";
import { sentinelHooks } from "@sentinel/agents/claude-agent-sdk";
import { guardedModel } from "@sentinel/agents/openai-agents";

const guard: Guard = createGuard({ agentId: "a", sink: () => {}, limits: { identicalCalls: 2 } });
const tools = guardedTools({ lookup: { execute: async (q: string) => q.length } }, guard);
const length: number = await tools.lookup.execute("abc");
console.log(VERSION, length, sentinelMiddleware(guard).specificationVersion, Object.keys(sentinelHooks(guard).hooks).length, typeof guardedModel);
try {
  await guard.run(async () => { for (;;) guard.afterTool(await guard.beforeTool("t", { a: 1 }), "same"); });
} catch (hold) {
  console.log(hold instanceof SentinelHold && hold.kind);
}
// @ts-expect-error -- a limit is a number
export const wrong = () => createGuard({ agentId: "a", sink: () => {}, limits: { identicalCalls: "2" } });
`;
const TSCONFIG = {
  compilerOptions: { module: "nodenext", target: "es2022", lib: ["es2023"], types: ["node"], strict: true, noEmitOnError: true },
  files: ["consumer.ts"],
}; // prettier-ignore

let folder: string;
const run = (file: string, ...args: string[]) =>
  execFileSync(file, args, { cwd: folder, encoding: "utf8", timeout: 5 * 60_000 });
const link = (name: string) => {
  mkdirSync(join(folder, "node_modules", name, ".."), { recursive: true });
  symlinkSync(resolve("node_modules", name), join(folder, "node_modules", name));
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sentinel-package-"));
  const dist = join(folder, "dist");
  execFileSync(process.execPath, ["--import", "tsx", "sdk/typescript/build.ts", dist], { timeout: 5 * 60_000 });
  run("npm", "pack", "--silent", "--offline", dist);
  rmSync(dist, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"private":true,"type":"module"}');
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
  run("npm", "install", "--silent", "--offline", "--no-audit", "--no-fund", `./${tarball}`);
});
afterAll(() => rmSync(folder, { recursive: true }));

it("installs from its tarball alone, with the one version and nothing that is only ours", () => {
  expect(readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["@sentinel"]);
  const at = join(folder, "node_modules/@sentinel/agents");
  const manifest = JSON.parse(readFileSync(join(at, "package.json"), "utf8")) as { version: string };
  expect(manifest.version).toBe(VERSION);
  const files = readdirSync(at, { recursive: true, encoding: "utf8" });
  expect(files).toEqual(expect.arrayContaining(["README.md", "LICENSE", "index.js", "index.d.ts"]));
  expect(files.filter((name) => /test|fake|build|run-adapters/.test(name))).toEqual([]);
  const code = files.filter((name) => name.endsWith(".js") && !name.startsWith("langchain/"));
  const imports = code.flatMap((name) => [...readFileSync(join(at, name), "utf8").matchAll(/from "([^".][^"]*)"/g)]);
  expect(imports.map(([, from]) => from).filter((from) => !from?.startsWith("node:"))).toEqual([]);
});

it("is imported by plain Node and type-checked as nodenext, without any framework", () => {
  writeFileSync(join(folder, "consumer.ts"), CONSUMER);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(TSCONFIG));
  link("@types/node");
  link("undici-types");
  run(process.execPath, resolve("node_modules/typescript/bin/tsc"), "-p", ".");
  expect(run(process.execPath, "consumer.js")).toBe(`${VERSION} 3 v3 9 function\nloop\n`);
});

it("is imported beside LangChain", () => {
  for (const name of ["langchain", "@langchain/core", "@langchain/langgraph", "zod"]) link(name);
  const code = 'const { sentinel } = await import("@sentinel/agents/langchain"); console.log(sentinel({ agentId: "a", sink() {} }).name);'; // prettier-ignore
  expect(run(process.execPath, "--input-type=module", "--eval", code)).toBe("Sentinel\n");
});
