import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { cli, startSentinel, stopSentinel } from "./process";

declare module "vitest" {
  export interface ProvidedContext {
    sentinel: { url: string; key: string; keyId: string; env: Record<string, string>; cookies: Record<string, string> };
  }
}

export const CRON_SECRET = "a-cron-secret-for-tests";

/** Starts one server for all tests over HTTP, with an ingest key and a person of each role. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  build();
  const folder = mkdtempSync(join(tmpdir(), "sentinel-http-"));
  const env = { LIBSQL_URL: `file:${join(folder, "sentinel.db")}`, CRON_SECRET };
  const sentinel = await startSentinel(env);
  const { key, secret } = await cli<{ key: { id: string }; secret: string }>(env, "keys", "create", "--name", "tests");
  const cookies: Record<string, string> = {};
  for (const role of ["admin", "operator", "viewer"]) cookies[role] = await signIn(env, sentinel.url, role);
  project.provide("sentinel", { url: sentinel.url, key: secret, keyId: key.id, env, cookies });
  return async () => {
    await stopSentinel(sentinel);
    rmSync(folder, { recursive: true });
  };
}

export async function signIn(env: Record<string, string>, url: string, role: string): Promise<string> {
  const args = ["user", "create", "--email", `${role}@example.com`, "--name", role, "--role", role, "--url", url];
  const { link } = await cli<{ link: string }>(env, ...args);
  const answer = await fetch(`${url}/api/v1/auth/link`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: new URL(link).hash.replace("#token=", "") }),
  });
  if (!answer.ok) throw new Error(`Could not sign in as ${role}: ${answer.status} ${await answer.text()}`);
  return answer.headers.getSetCookie()[0]!.split(";")[0]!;
}

const SOURCES = ["app", "components", "lib", "public", "next.config.ts", "instrumentation.ts", "package-lock.json"];

/** Builds, unless there is a build that is newer than every source. */
export function build(): void {
  const built = ".next/BUILD_ID";
  if (existsSync(built) && statSync(built).mtimeMs > Math.max(...SOURCES.map(newest))) return;
  execFileSync("node_modules/.bin/next", ["build"], { stdio: "inherit", timeout: 600_000 });
}

function newest(path: string): number {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}
