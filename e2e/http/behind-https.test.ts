import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli, type Sentinel, startSentinel } from "./process";

const ORIGIN = "https://sentinel.example";
let folder: string;
let env: Record<string, string>;
let sentinel: Sentinel;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sentinel-https-"));
  env = { LIBSQL_URL: `file:${join(folder, "s.db")}`, SENTINEL_URL: `${ORIGIN}/` };
  sentinel = await startSentinel(env);
});
afterAll(() => {
  sentinel.process.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

test("links, cookies and the origin check go by the public origin", async () => {
  const { link } = await cli<{ link: string }>(
    env,
    "user",
    "create",
    "--email",
    "a@example.com",
    "--name",
    "A",
    "--role",
    "admin",
  );
  expect(link.startsWith(`${ORIGIN}/sign-in#token=`)).toBe(true);
  const post = (path: string, headers: Record<string, string>, body: unknown) =>
    fetch(sentinel.url + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  const token = new URL(link).hash.replace("#token=", "");
  const here = { origin: sentinel.url };
  expect((await post("/api/v1/auth/link", here, { token })).status).toBe(403);
  const signedIn = await post("/api/v1/auth/link", { origin: ORIGIN }, { token });
  expect(signedIn.status).toBe(200);
  const [cookie] = signedIn.headers.getSetCookie();
  expect(cookie).toMatch(/^__Secure-sentinel\.session_token=/);
  expect(cookie).toMatch(/; Secure/i);

  const headers = { cookie: cookie!.split(";")[0]! };
  const invitation = { email: "b@example.com", role: "viewer" };
  expect((await post("/api/v1/users", { ...headers, ...here }, invitation)).status).toBe(403);
  const invited = await post(
    "/api/v1/users",
    { ...headers, origin: ORIGIN, "x-forwarded-host": "evil.example" },
    invitation,
  );
  expect(invited.status).toBe(201);
  expect(((await invited.json()) as { link: string }).link.startsWith(`${ORIGIN}/setup#token=`)).toBe(true);
});
