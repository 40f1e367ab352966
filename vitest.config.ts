import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const alias = { "@": fileURLToPath(new URL(".", import.meta.url)).replace(/\/$/, "") };

/** Minutes, since how busy the machine is must not decide: what is awaited comes, or never does. `hookTimeout` holds a build. */
const PATIENCE = { testTimeout: 10 * 60_000, hookTimeout: 20 * 60_000, expect: { poll: { timeout: 3 * 60_000 } } };

/** Seeds the properties: one run is as the next. `npm run test:properties` takes fresh ones, and many of them. */
const PROPERTY_SEED = process.env["PROPERTY_SEED"] ?? "20261127";
const MANY = process.env["PROPERTY_SEEDS"] !== undefined;
// oxlint-disable-next-line no-console -- whoever reads a run's output must be able to repeat it
console.log(`properties: seed ${PROPERTY_SEED} (PROPERTY_SEED)`);

const shared = {
  ...PATIENCE,
  ...(MANY && { testTimeout: 24 * 60 * 60_000 }),
  env: { LOG_LEVEL: "silent", PROPERTY_SEED },
  setupFiles: MANY ? ["e2e/properties-many.ts"] : ["e2e/properties.ts"],
};

/** Tests that end or kill servers of their own, with as few rounds as prove something; with `LONG` set, with many. */
const CRASH = ["e2e/http/{durability,hooks-durability,outage,service-durability,shutdown,sweeper}.test.ts"];

/**
 * - unit: beside the files, in this process.
 * - integration (`*.int.test.ts`): likewise, on a database or a child process of its own.
 * - http: against the built server, which its set-up starts.
 * - slow, slow-http (`*.slow.test.ts`): like these three, but a file takes more than ten seconds. Not in `npm test`.
 * - redteam: attacks, each beside healthy controls.
 * - real (`*.real.test.ts`): needs a program or data that a machine with only Node lacks.
 * - crash: each with a built server that it kills.
 * - demo: the demo's incidents. long: trials of many minutes.
 *
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
          ...shared,
          name: "unit",
          include: ["{lib,sdk/typescript,seeds,components,app}/**/*.test.{ts,tsx}"],
          exclude: ["**/*.{int,real,slow}.test.ts"],
        },
      },
      {
        resolve: { alias },
        test: { ...shared, name: "integration", include: ["{lib,sdk/typescript,seeds,app}/**/*.int.test.ts"] },
      },
      {
        resolve: { alias },
        test: { ...shared, name: "slow", include: ["{lib,sdk/typescript,seeds,app}/**/*.slow.test.ts"] },
      },
      {
        resolve: { alias },
        test: { ...shared, name: "redteam", include: ["lib/evals/red-team/*.redteam.ts"] },
      },
      {
        resolve: { alias },
        test: { ...shared, name: "real", include: ["{lib,sdk/typescript,seeds,app}/**/*.real.test.ts"] },
      },
      {
        resolve: { alias },
        test: {
          ...shared,
          name: "http",
          include: ["e2e/http/**/*.test.ts"],
          exclude: [...CRASH, "**/*.slow.test.ts"],
          globalSetup: "e2e/http/server.ts",
          fileParallelism: false,
        },
      },
      {
        resolve: { alias },
        test: {
          ...shared,
          name: "slow-http",
          include: ["e2e/http/**/*.slow.test.ts"],
          globalSetup: "e2e/http/server.ts",
          fileParallelism: false,
        },
      },
      {
        resolve: { alias },
        test: { ...shared, name: "crash", include: CRASH, globalSetup: "e2e/build.ts", fileParallelism: false },
      },
      {
        // Each has a demo of its own; they share the build.
        test: {
          ...shared,
          name: "demo",
          include: ["e2e/demo/services.test.ts"],
          globalSetup: "e2e/build.ts",
          disableConsoleIntercept: true,
        },
      },
      {
        resolve: { alias },
        test: {
          ...shared,
          name: "long",
          include: ["e2e/demo/{story,dev,unattended}.test.ts", "app/hooks/programs.real.test.ts", ...CRASH],
          globalSetup: "e2e/build.ts",
          fileParallelism: false,
          disableConsoleIntercept: true,
          testTimeout: 2 * 60 * 60_000,
          env: { ...shared.env, LONG: "1" },
        },
      },
    ],
  },
});
