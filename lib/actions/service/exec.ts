import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { redact } from "@/lib/core/evidence/redact";
import { createOutput } from "./output";

/** A program that is told to end has so long to do so, ms; then it is ended. */
const GRACE_MS = 5_000;
/** Between two looks whether anything of a group is left, ms: no event tells of processes that are not our children. */
const LOOK_MS = 25;
/** What a program wrote is read on for so long after its end, ms: whatever it left running may hold its output open for ever. */
const DRAIN_MS = 500;

export interface Command {
  argv: readonly string[];
  cwd: string | null;
  /** All that it is given. */
  env: Readonly<Record<string, string>>;
  timeoutMs: number;
}

/** How a program ended. `stdout` and `stderr` are beginning and end of what was written, redacted. */
export type Execution =
  | {
      kind: "ended";
      /** Null when a signal ended it. */
      code: number | null;
      signal: NodeJS.Signals | null;
      timedOut: boolean;
      stdout: string;
      stderr: string;
      ms: number;
    }
  /** It never ran: nothing was done. */
  | { kind: "not_started"; reason: string };

/**
 * Runs a program: no shell of ours (a script that names no interpreter is still read by sh, as execvp(3) does), nothing to
 * read, a process group of its own. When the time is up the whole group is asked to end (SIGTERM) and, after a grace, ended
 * (SIGKILL); a program that ends in time may leave others running, as starting a service does. `graceMs` is for tests. Never
 * throws.
 */
export async function execute(command: Command, graceMs = GRACE_MS): Promise<Execution> {
  const began = performance.now();
  const started = await start(command);
  if ("reason" in started) return { kind: "not_started", reason: started.reason };
  const { child, pid } = started;
  const [out, err] = [createOutput(), createOutput()];
  child.stdout?.on("data", out.add);
  child.stderr?.on("data", err.add);
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done) =>
    child.once("exit", (code, signal) => done({ code, signal })),
  );
  const drained = new Promise<void>((done) => child.once("close", () => done()));

  let timedOut = false;
  const timer = new AbortController();
  const overtime = wait(command.timeoutMs, undefined, { signal: timer.signal }).then(
    () => {
      timedOut = true;
      return endGroup(pid, graceMs);
    },
    () => undefined,
  );
  const { code, signal } = await ended;
  timer.abort();
  await overtime;
  await Promise.race([drained, wait(DRAIN_MS)]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  const text = (bytes: ReturnType<typeof createOutput>) => redact(bytes.text()).text;
  return {
    kind: "ended",
    code,
    signal,
    timedOut,
    stdout: text(out),
    stderr: text(err),
    ms: Math.round(performance.now() - began),
  };
}

async function start(command: Command): Promise<{ child: ChildProcess; pid: number } | { reason: string }> {
  const [program = "", ...args] = command.argv;
  const why = (error: unknown): string => {
    const code = error instanceof Error && "code" in error ? String(error.code) : "failed";
    // The system reports a missing folder as a missing program.
    if (code === "ENOENT" && command.cwd !== null && !existsSync(command.cwd))
      return `folder not found: ${command.cwd}`;
    if (code === "ENOENT") return `program not found: ${program}`;
    if (code === "EACCES") return `permission denied: ${program}`;
    return `${program} could not be started (${code})`;
  };
  try {
    const child = spawn(program, args, {
      ...(command.cwd !== null && { cwd: command.cwd }),
      env: { ...command.env } as NodeJS.ProcessEnv,
      shell: false,
      detached: true,
      windowsHide: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const failure = await new Promise<string | null>((done) => {
      child.once("spawn", () => done(null));
      child.once("error", (error) => done(why(error)));
    });
    if (failure !== null || child.pid === undefined) return { reason: failure ?? `${program} could not be started` };
    // A later error is of a signal that could not be sent; whether it ended is told by its exit.
    child.on("error", () => undefined);
    return { child, pid: child.pid };
  } catch (error) {
    return { reason: why(error) };
  }
}

/** Asks a process group to end and waits for the last of it, at most the grace; then ends what is left. */
async function endGroup(pid: number, graceMs: number): Promise<void> {
  const until = performance.now() + graceMs;
  signalGroup(pid, "SIGTERM");
  while (signalGroup(pid, 0) && performance.now() < until) await wait(LOOK_MS);
  signalGroup(pid, "SIGKILL");
}

/** False when nothing of the group is left. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
