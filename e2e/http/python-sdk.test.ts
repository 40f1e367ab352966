import { execFileSync, spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { cookies, key, url } from "./client";

const PROBE_MS = 60_000;
const RUN_MS = 8 * 60_000;
/** The oldest Python with which the test itself runs; the SDK needs less. */
const PROBE = "import sys, ssl; sys.exit(sys.version_info < (3, 9))";
const missing = spawnSync("python3", ["-c", PROBE], { timeout: PROBE_MS }).status !== 0;

it.skipIf(missing)("the Python SDK reports, obeys and proves it to this server", () => {
  const env = {
    NODE_ENV: "test" as const,
    PATH: process.env["PATH"] ?? "",
    PYTHONPATH: "src",
    PYTHONDONTWRITEBYTECODE: "1",
    SENTINEL_URL: url,
    SENTINEL_KEY: key,
    SENTINEL_COOKIE: cookies["operator"] ?? "",
  };
  const options = { cwd: "sdk/python", env, timeout: RUN_MS, encoding: "utf8", stdio: "pipe" } as const;
  const run = () => execFileSync("python3", ["-m", "unittest", "tests.real_server"], options);
  expect(run).not.toThrow();
});
