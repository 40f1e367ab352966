import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Tries the packed SDK on each framework's real package: `tsx sdk/typescript/run-adapters.ts [REPORT.json]`. The packages that
 * `sdk/typescript-tests/package-lock.json` pins are installed when it changes; where that cannot be done, the adapters are named as skipped. The tests see an
 * empty environment, and only loopback is spoken to. `CODING_AGENTS`: a folder where Claude Code is installed, which the Claude Agent SDK drives;
 * without it that one is skipped.
 */
const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../..");
const adapters = join(here, "../typescript-tests");
const [report = join(mkdtempSync(join(tmpdir(), "sentinel-adapters-")), "report.json")] = process.argv.slice(2);
/** Minutes, since how fast a registry is must not decide. */
const TIMEOUT_MS = 15 * 60_000;

/** Whether it went well; what it prints is shown. */
function run(cwd: string, command: string, args: string[], env: NodeJS.ProcessEnv = process.env): boolean {
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: "inherit", timeout: TIMEOUT_MS });
  if (error) process.stderr.write(`${error.message}\n`);
  return status === 0;
}

/** The packages of the lock. Without the optional ones: the Claude Code program alone is 400 MB. */
function install(): boolean {
  const stamp = join(adapters, "node_modules", "installed");
  const lock = createHash("sha256").update(readFileSync(join(adapters, "package-lock.json"))).digest("hex"); // prettier-ignore
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return true;
  const quiet = [
    "--omit=optional",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--silent",
    "--prefer-offline",
    "--fetch-retries=1",
  ];
  if (!run(adapters, "npm", ["ci", ...quiet])) return false;
  writeFileSync(stamp, lock);
  return true;
}

/** The SDK as it would be published, packed and put where the adapters' tests find it. */
function pack(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "sentinel-sdk-"));
  const [dist, to] = [join(folder, "dist"), join(adapters, "node_modules", "@sentinel", "agents")];
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  const ok =
    run(root, process.execPath, ["--import", "tsx", join(here, "build.ts"), dist]) &&
    run(folder, "npm", ["pack", "--silent", "--offline", dist]) &&
    readdirSync(folder)
      .filter((name) => name.endsWith(".tgz"))
      .every((name) => run(folder, "tar", ["xzf", name, "-C", to, "--strip-components=1"]));
  rmSync(folder, { recursive: true });
  return ok;
}

function claudeCode(): string {
  const folder = process.env["CODING_AGENTS"] ?? join(tmpdir(), "coding-agents");
  return join(folder, "node_modules", ".bin", "claude");
}

function main(): boolean {
  if (!install()) {
    const line = { fullName: "the adapters: their packages could not be installed", status: "skipped", failureMessages: [] }; // prettier-ignore
    writeFileSync(report, JSON.stringify({ testResults: [{ name: "sdk/typescript", message: "", assertionResults: [line] }] })); // prettier-ignore
    process.stdout.write(`skipped: ${line.fullName}\n`);
    return true;
  }
  const node = (...args: string[]) => [process.execPath, args] as const;
  const home = mkdtempSync(join(tmpdir(), "sentinel-home-"));
  const env = { PATH: process.env["PATH"], HOME: home, CLAUDE_CODE: claudeCode() } as unknown as NodeJS.ProcessEnv;
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const ok =
    pack() &&
    run(adapters, ...node(join(root, "node_modules/typescript/bin/tsc"), "-p", ".")) &&
    run(adapters, ...node(vitest, "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`), env);
  rmSync(home, { recursive: true, force: true });
  return ok;
}

process.exitCode = main() ? 0 : 1;
