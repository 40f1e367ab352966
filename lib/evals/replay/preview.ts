import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type {
  SettingsPreviewAnswer,
  SettingsPreviewBody,
  SettingsPreviewStanding,
} from "@/lib/contracts/settings-preview";
import { childEnv } from "@/lib/env";
import { SentinelError } from "@/lib/errors";
import { programArgs } from "@/lib/programs.mjs";
import { endingWith } from "@/lib/shutdown";
import type { FromReplay, ToReplay } from "./main";

/** From the working directory, as the sweeper's. */
const PROGRAM = "lib/evals/replay/main.ts";
/** What takes longer nobody waits for, in ms: fewer days do. */
const TIMEOUT_MS = 5 * 60_000;
/** How long a replay that nobody waits for any more may take to clear up behind it, in ms. */
const CLEAR_UP_MS = 5_000;

type Running = { by: string; startedAt: number; done: number };

/** One Next process holds several copies of this module: there is one replay at a time all the same. */
const shared = (): { running: Running | null } => {
  const global = globalThis as unknown as Record<symbol, { running: Running | null }>;
  return (global[Symbol.for("sentinel.settings-preview")] ??= { running: null });
};

/** The replay that is going on in this server. */
export function previewStanding(): SettingsPreviewStanding {
  const { running } = shared();
  return { running: running && { by: running.by, started_at: running.startedAt, done: running.done } };
}

/**
 * Replays changed settings in a process of its own, so that nobody else's request waits for it; ends it when `signal` is aborted.
 * Throws `conflict` while another one is going on in this server, `unavailable` when it fails or takes longer than {@link TIMEOUT_MS},
 * and what {@link replaySettings} throws.
 */
export async function previewSettings(
  change: SettingsPreviewBody,
  by: string,
  now: number,
  signal: AbortSignal,
): Promise<SettingsPreviewAnswer> {
  const all = shared();
  if (all.running)
    throw new SentinelError("conflict", {
      detail: `${all.running.by} is running a preview; this server runs one at a time`,
    });
  const running: Running = { by, startedAt: now, done: 0 };
  all.running = running;
  const child = spawn(process.execPath, programArgs(PROGRAM), {
    env: childEnv({}),
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  // "close" would wait for the channel too, and is not told where both sides let go of it in the same moment.
  const exited = once(child, "exit").catch(() => undefined);
  const limit = endingWith(signal, TIMEOUT_MS);
  try {
    return await ask(child, { change, now }, limit.signal, (done) => (running.done = done));
  } finally {
    limit.release();
    await end(child, exited);
    all.running = null;
  }
}

function ask(child: ChildProcess, asked: ToReplay, signal: AbortSignal, progress: (done: number) => void) {
  return new Promise<SettingsPreviewAnswer>((resolve, reject) => {
    const fail = (detail: string) => reject(new SentinelError("unavailable", { detail }));
    child.on("message", (said: FromReplay) => {
      switch (said.kind) {
        case "progress":
          return progress(said.done);
        case "done":
          return resolve(said.answer);
        case "refused":
          return reject(new SentinelError(said.code, said.details));
        case "failed":
          return fail("The replay failed; the server's log says why");
      }
    });
    child.once("error", () => fail("The replay could not be started"));
    child.once("exit", () => fail("The replay ended unexpectedly"));
    const ended = () => fail("The preview was cancelled, or took too long: choose fewer days");
    signal.addEventListener("abort", ended, { once: true });
    if (signal.aborted) ended();
    child.send(asked, () => undefined);
  });
}

/** Lets go of the process, which then removes what it wrote; one that does not is killed. */
async function end(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  if (child.connected) child.disconnect();
  const kill = setTimeout(() => child.kill("SIGKILL"), CLEAR_UP_MS);
  await exited;
  clearTimeout(kill);
}
