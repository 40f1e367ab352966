import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { childEnv } from "@/lib/env";
import { programArgs } from "@/lib/programs.mjs";

export interface Child {
  name: string;
  /** Null when it could not be started. */
  pid: number | null;
  /** Its exit code; null when a signal ended it. */
  ended: Promise<number | null>;
  /** Asks it to end, and makes it end when it does not. Resolves when it has ended. */
  stop(): Promise<void>;
}

/** How long a child may take to end by itself, ms. */
const GRACE_MS = 8000;

/** Where a child's lines of output go: to a function, or straight into an open file, which outlives its crash. */
type Output = ((line: string) => void) | { fd: number };

/** Whoever ends the children should this process be killed; it ends with this process, or soon after. */
let reaper: ChildProcess | null = null;

function tellReaper(line: string): void {
  if (reaper === null) {
    reaper = spawn(process.execPath, ["lib/demo/reaper.mjs", String(GRACE_MS)], {
      detached: true,
      env: childEnv({}),
      stdio: ["pipe", "ignore", "ignore"],
    });
    reaper.unref();
    reaper.on("error", () => {});
    reaper.stdin!.on("error", () => {});
    (reaper.stdin as Socket).unref();
  }
  reaper.stdin!.write(`${line}\n`);
}

/** Starts a program, by argv and without a shell. It is ended by its pid alone. */
function run(name: string, program: string, args: string[], env: Record<string, string>, output: Output): Child {
  const sink = typeof output === "function" ? "pipe" : output.fd;
  const say = typeof output === "function" ? output : () => {};
  const child: ChildProcess = spawn(program, args, {
    env: childEnv({ NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", ...env }),
    stdio: ["ignore", sink, sink],
  });
  for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream }).on("line", say);
  const { pid } = child;
  if (pid !== undefined) {
    tellReaper(`+${pid}`);
    child.once("close", () => tellReaper(`-${pid}`));
  }
  let running = true;
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    // Not "exit": a server's sweeper, which holds the same output, may outlive it for a moment.
    child.once("close", (code) => {
      running = false;
      resolve(code);
    });
  });
  return {
    name,
    pid: child.pid ?? null,
    ended,
    async stop() {
      if (!running) return;
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
      await ended.catch(() => {});
      clearTimeout(force);
    },
  };
}

const { resolve } = createRequire(import.meta.url);

export const next = (args: string[], env: Record<string, string>, say: (line: string) => void) =>
  run(`next ${args[0] ?? ""}`, process.execPath, [resolve("next/dist/bin/next"), ...args], env, say);

export const fleet = (args: string[], say: (line: string) => void) =>
  run("the fleet", process.execPath, [...programArgs("seeds/fleet/main.ts"), ...args], {}, say);

/** The service that is watched; it logs into an open file. */
export const target = (args: string[], fd: number) =>
  run("the target", process.execPath, [...programArgs("seeds/target/main.ts"), ...args], {}, { fd });

/** A program of the system, such as Prometheus. */
export const program = (path: string, args: string[], say: (line: string) => void) =>
  run(path.split("/").at(-1) ?? path, path, args, {}, say);
