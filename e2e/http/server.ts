import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { cli, freePort, startSentinel, stopSentinel } from "./process";

declare module "vitest" {
  export interface ProvidedContext {
    sentinel: {
      url: string;
      key: string;
      keyId: string;
      env: Record<string, string>;
      cookies: Record<string, string>;
      tokens: Record<string, string>;
      apiToken: string;
    };
  }
}

export const CRON_SECRET = "a-cron-secret-for-tests";
/** With which the tests sign as GitHub and PagerDuty do. */
export const SIGNING_SECRET = "a-signing-secret-for-tests";
const BUILD_MS = 20 * 60_000;

/** Starts one server for all tests over HTTP, with an ingest key and a person of each role. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  build();
  const folder = mkdtempSync(join(tmpdir(), "sentinel-http-"));
  const env = {
    LIBSQL_URL: `file:${join(folder, "sentinel.db")}`,
    CRON_SECRET,
    GITHUB_WEBHOOK_SECRET: SIGNING_SECRET,
    PAGERDUTY_WEBHOOK_SECRET: SIGNING_SECRET,
    // Where the gateway's tests listen.
    GATEWAY_ANTHROPIC_URL: `http://127.0.0.1:${await freePort()}`,
    GATEWAY_ANTHROPIC_KEY: "an-upstream-key-for-tests",
    GATEWAY_IDLE_MS: "1000",
  };
  const sentinel = await startSentinel(env);
  const { key, secret } = await cli<{ key: { id: string }; secret: string }>(
    env,
    "keys",
    "create",
    "--name",
    "tests",
    "--scopes",
    "events,changes,logs",
    "--services",
    "*",
  );
  const cookies: Record<string, string> = {};
  for (const role of ["admin", "operator", "viewer"]) cookies[role] = await signIn(env, sentinel.url, role);
  const tokens: Record<string, string> = {};
  for (const kind of await tokenSources(sentinel.url))
    tokens[kind] = await makeSource(sentinel.url, cookies["admin"]!, kind);
  const { secret: apiToken } = await cli<{ secret: string }>(
    env,
    "tokens",
    "create",
    "--name",
    "tests",
    "--role",
    "viewer",
  );
  project.provide("sentinel", { url: sentinel.url, key: secret, keyId: key.id, env, cookies, tokens, apiToken });
  return async () => {
    await stopSentinel(sentinel);
    rmSync(folder, { recursive: true });
  };
}

/** The kinds of source that get a token, as the API's document lists them. */
async function tokenSources(url: string): Promise<string[]> {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
    components: { schemas: { NewAlertSourceBody: { properties: { kind: { enum: string[] } } } } };
  };
  return document.components.schemas.NewAlertSourceBody.properties.kind.enum;
}

async function makeSource(url: string, cookie: string, kind: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/alert-sources`, {
    method: "POST",
    headers: { cookie, origin: url, "content-type": "application/json" },
    body: JSON.stringify({ kind }),
  });
  if (!answer.ok) throw new Error(`Could not make a source of ${kind}: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { token: string }).token;
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

/** Builds as the demo does, unless there is a build of exactly these sources. */
export function build(): void {
  const tsx = join("node_modules", ".bin", "tsx");
  execFileSync(process.execPath, [tsx, "lib/demo/build-main.ts"], { stdio: "inherit", timeout: BUILD_MS });
}
