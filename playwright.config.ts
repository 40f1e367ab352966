import { defineConfig } from "@playwright/test";
import { findBrowser } from "./lib/cli/browser";

/** The test command says which browser it found; by hand, one is looked for in the same way. */
const browser = process.env.SENTINEL_BROWSER ?? findBrowser();

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
