import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

/** The test command says which browser it found; by hand, Debian's is looked for before Playwright's own. */
const browser = process.env.SENTINEL_BROWSER ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);

/** One worker: all tests share one server and its two cores. A trace costs a tenth of the time: `--trace on` by hand. */
export default defineConfig({
  testDir: "e2e",
  testMatch: "**/*.spec.ts",
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env.CI !== undefined,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: "list",
  use: {
    browserName: "chromium",
    viewport: { width: 1440, height: 900 },
    actionTimeout: 10_000,
    launchOptions: { args: ["--no-sandbox"], ...(browser ? { executablePath: browser } : {}) },
  },
});
