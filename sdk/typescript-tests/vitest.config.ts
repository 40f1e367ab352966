import { defineConfig } from "vitest/config";

/** Minutes, since how busy the machine is must not decide. */
export default defineConfig({
  test: { include: ["*.test.ts"], testTimeout: 5 * 60_000, hookTimeout: 60_000, maxWorkers: 2, reporters: ["default"] },
});
