import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

/** The test command says which browser it found; by hand, Debian's is looked for before Playwright's own. */
const browser =
  process.env.SENTINEL_BROWSER ??
  ["chromium-headless-shell", "chromium", "chromium-browser"].map((name) => `/usr/bin/${name}`).find(existsSync);

/** Minutes, since how busy the machine is must not decide: what is awaited comes, or never does. */
const COMES_WITHIN_MS = 3 * 60_000;

/** One worker: all tests share one server and its two cores. A trace costs a tenth of the time: `--trace on` by hand. */
export default defineConfig({
  testDir: "e2e",
  testMatch: "**/*.spec.ts",
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env.CI !== undefined,
  timeout: 10 * 60_000,
  expect: { timeout: COMES_WITHIN_MS },
  reporter: "list",
  use: {
    browserName: "chromium",
    viewport: { width: 1440, height: 900 },
    actionTimeout: COMES_WITHIN_MS,
    navigationTimeout: COMES_WITHIN_MS,
    launchOptions: { args: ["--no-sandbox"], ...(browser ? { executablePath: browser } : {}) },
  },
});
