import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { launch, type Launched, signIn } from "./demo";

const folder = mkdtempSync(join(tmpdir(), "sentinel-dev-"));
const PORT = 4310;
let dev: Launched | null = null;
afterAll(async () => {
  await dev?.stop();
  rmSync(folder, { recursive: true });
});

test("npm run dev serves the console with a seeded database and the fleet, in development", async () => {
  dev = await launch("dev", folder, PORT, "--schedule", "none", "--built-in");
  const headers = { cookie: await signIn(dev) };
  const page = await fetch(`${dev.url}/sign-in`);
  expect(page.status).toBe(200);
  // Only in development: what React's and Next's tools need.
  expect(page.headers.get("content-security-policy")).toContain("'unsafe-eval'");
  const agents = async () => {
    const answer = await fetch(`${dev!.url}/api/v1/agents`, { headers });
    return ((await answer.json()) as { total: number }).total;
  };
  await expect.poll(agents).toBe(15);
});
