import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { childEnv } from "@/lib/env";
import { programArgs } from "@/lib/programs.mjs";
import type { Variant } from "@/lib/response/services/context";
import type { CaseKey } from "./case-key";
import type { CaseResult } from "./result";
import { newScratchFolder, removeScratch } from "./scratch-db";
import type { WorkerMessage } from "./worker";

export interface PoolOptions {
  workers: number;
  /** Set for the workers alone, such as which model is asked. */
  env?: Record<string, string>;
  /** Models may be asked; otherwise the local analysis stands alone. */
  models: boolean;
  /** Tried in place of what is in use. */
  variant?: Variant;
  onResult: (result: CaseResult) => Promise<void> | void;
  /** Ends the play: cases that are being played are given up, and the promise is rejected with its reason. */
  signal?: AbortSignal;
}

/** From the working directory, as the sweeper is. */
const WORKER = "lib/evals/cases/worker.ts";

/** No case takes longer, in ms: one that does hangs, and its worker is ended. */
const CASE_TIMEOUT_MS = 10 * 60_000;

/** A worker that is let go ends when it next listens; after so long, in ms, it is ended whatever it is at. */
const LET_GO_MS = 5_000;
/** Cases are a closed world: those who play them are not told where the real database is. */
const NO_DATABASE = { LIBSQL_URL: "file::memory:" };

/**
 * Plays cases in processes of their own, one at a time each. Resolves when all are played; rejects for the first
 * case that cannot be played, naming it.
 */
export async function runCases(keys: readonly CaseKey[], options: PoolOptions): Promise<void> {
  const waiting = [...keys];
  const workers = Math.min(options.workers, keys.length);
  await Promise.all(Array.from({ length: workers }, () => worker(waiting, options)));
}

async function worker(waiting: CaseKey[], { env = {}, models, variant, onResult, signal }: PoolOptions): Promise<void> {
  const folder = await newScratchFolder();
  const how = [...(models ? ["--models"] : []), ...(variant ? ["--variant", JSON.stringify(variant)] : [])];
  const asked = ["--folder", folder, ...how];
  const child = spawn(process.execPath, [...programArgs(WORKER), ...asked], {
    env: childEnv({ ...env, ...NO_DATABASE }),
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  try {
    await next(child, null, signal);
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
      const said = await next(child, key, signal);
      if (said.kind === "failed") throw new Error(`${key.class} ${key.number}: ${said.reason}`);
      if (said.kind === "played") await onResult(said.result);
    }
  } catch (error) {
    // The others end with the case that they are at.
    waiting.length = 0;
    throw error;
  } finally {
    await letGo(child);
    removeScratch(folder);
  }
}

async function letGo(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill("SIGKILL"), LET_GO_MS);
  await gone;
  clearTimeout(timer);
}

/** Sends a case, or nothing, and waits for what the worker says. */
function next(child: ChildProcess, key: CaseKey | null, signal?: AbortSignal): Promise<WorkerMessage> {
  if (signal?.aborted) return Promise.reject(signal.reason as Error);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => (child.kill(), done(() => reject(new Error("it did not end in time")))), CASE_TIMEOUT_MS);
    const said = (message: WorkerMessage) => done(() => resolve(message));
    const gone = (code: number | null) => done(() => reject(new Error(`its process ended (${code ?? "killed"})`)));
    const over = () => done(() => reject(signal!.reason as Error));
    const done = (then: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", over);
      child.off("message", said).off("exit", gone);
      then();
    };
    child.on("message", said).on("exit", gone);
    signal?.addEventListener("abort", over, { once: true });
    if (key !== null) child.send(key);
  });
} // prettier-ignore
