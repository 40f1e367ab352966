import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const alias = { "@": fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "") };

/** Tests that end and start servers of their own, and mostly wait: they need not wait for those that share one. */
const OF_THEIR_OWN = ["e2e/http/{durability,service-durability,sweeper}.test.ts"];

/**
 * Minutes, since how busy the machine is must not decide: what is awaited comes, or never does. `hookTimeout` holds a build.
 */
const PATIENCE = { testTimeout: 10 * 60_000, hookTimeout: 20 * 60_000, expect: { poll: { timeout: 3 * 60_000 } } };

/**
 * unit: beside the files, in this process. integration: likewise, on a database or a child process of its own. http: against
 * the built server, which its set-up starts. crash: likewise, each with a server that it kills.
 * Two workers, since that is what the smallest machine has; quiet logs, since a test that fails says why itself.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ["default"],
    projects: [
      {
        resolve: { alias },
        test: {
          name: "unit",
          include: ["{lib,sdk/typescript,seeds,components,app}/**/*.test.{ts,tsx}"],
          exclude: ["**/*.{int,real}.test.ts"],
          env: { LOG_LEVEL: "silent" },
          ...PATIENCE,
        },
      },
      {
        resolve: { alias },
        test: {
          name: "integration",
          include: ["{lib,sdk/typescript,seeds,app}/**/*.int.test.ts"],
          env: { LOG_LEVEL: "silent" },
          ...PATIENCE,
        },
      },
      {
        resolve: { alias },
        test: {
          name: "real",
          include: ["{lib,seeds}/**/*.real.test.ts"],
          env: { LOG_LEVEL: "silent" },
          ...PATIENCE,
        },
      },
      {
        resolve: { alias },
        test: {
          name: "redteam",
          include: ["lib/evals/red-team/*.redteam.ts"],
          env: { LOG_LEVEL: "silent" },
        },
      },
      {
        resolve: { alias },
        test: {
          name: "http",
          include: ["e2e/http/**/*.test.ts"],
          exclude: OF_THEIR_OWN,
          globalSetup: "e2e/http/server.ts",
          fileParallelism: false,
          ...PATIENCE,
        },
      },
      {
        resolve: { alias },
        test: {
          name: "crash",
          include: OF_THEIR_OWN,
          globalSetup: "e2e/build.ts",
          fileParallelism: false,
          ...PATIENCE,
        },
      },
      {
        test: {
          name: "demo",
          // Each has a demo of its own; they share the build.
          globalSetup: "e2e/build.ts",
          include: ["e2e/demo/**/*.test.ts"],
          disableConsoleIntercept: true,
          ...PATIENCE,
        },
      },
    ],
  },
});
