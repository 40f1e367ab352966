import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { childEnv } from "@/lib/env";

const BUILD_MS = 240_000;
export const NOOP_PATH = "/noop";

const FILES = {
  "package.json": `{ "private": true, "type": "module" }`,
  "next.config.js": "export default {};",
  "app/noop/route.js": "export const POST = () => new Response(null, { status: 204 });",
};

/**
 * A Next application that has one route handler and does nothing, built for production in a folder of its own: what a
 * request costs before anybody does anything with it. (With webpack, since Turbopack refuses a linked node_modules.)
 * Returns the folder, which the caller removes.
 */
export async function buildNoop(nextBin: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "sentinel-noop-"));
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  const child = spawn(process.execPath, [nextBin, "build", "--webpack", folder], {
    env: childEnv({ NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" }),
    stdio: ["ignore", "ignore", "pipe"],
    timeout: BUILD_MS,
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`The no-op application could not be built:\n${errors}`);
  return folder;
}
