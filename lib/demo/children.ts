import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { childEnv } from "@/lib/env";

export interface Child {
  name: string;
  /** Its exit code; null when a signal ended it. */
  ended: Promise<number | null>;
  /** Asks it to end, and makes it end when it does not. Resolves when it has ended. */
  stop(): Promise<void>;
}

/** How long a child may take to end by itself, ms. */
const GRACE_MS = 8000;

/** Starts a Node program whose lines of output go to `say`. It is ended by its pid alone. */
function start(name: string, args: string[], env: Record<string, string>, say: (line: string) => void): Child {
  const child: ChildProcess = spawn(process.execPath, args, {
    env: childEnv({ NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", ...env }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream }).on("line", say);
  let running = true;
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      running = false;
      resolve(code);
    });
  });
  return {
    name,
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
  start(`next ${args[0] ?? ""}`, [resolve("next/dist/bin/next"), ...args], env, say);

export const fleet = (args: string[], say: (line: string) => void) =>
  start("the fleet", ["--import", "tsx", "seeds/fleet/main.ts", ...args], {}, say);
