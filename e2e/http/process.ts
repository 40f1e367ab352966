import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const BIN = join(process.cwd(), "node_modules", ".bin");
/** Minutes, since how busy the machine is must not decide. */
const START_MS = 5 * 60_000;
const ANSWER_MS = 30_000;
const COMMAND_MS = 3 * 60_000;

/** A port that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}

export interface Sentinel {
  url: string;
  process: ChildProcess;
  /** Everything it wrote so far. */
  output: () => string;
}

/** As `npm start` has it: a client that did nothing for seconds may still use its connection. */
const KEEP_ALIVE_MS = "75000";

/** Servers that run; what a test that failed left of them ends with it. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts the built server on a database of its own, and waits until `path` answers well. `at`: the port; else any. */
export async function startSentinel(env: Record<string, string>, path = "/readyz", at?: number): Promise<Sentinel> {
  const port = at ?? (await freePort());
  const start = ["start", "-H", "127.0.0.1", "-p", String(port), "--keepAliveTimeout", KEEP_ALIVE_MS];
  const child = spawn(process.execPath, [join(BIN, "next"), ...start], {
    env: { ...process.env, NODE_ENV: "production", LOG_LEVEL: "info", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + START_MS;
  for (;;) {
    const answer = await fetch(url + path, { signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => null);
    if (answer?.ok) return { url, process: child, output: () => output };
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill("SIGKILL");
      throw new Error(`Sentinel did not get ready:\n${output}`);
    }
    await wait(100);
  }
}

/** Ends it as an operator would; its exit code and how long that took, in ms. */
export async function stopSentinel(sentinel: Sentinel): Promise<{ code: number | null; ms: number }> {
  const began = Date.now();
  // "close" waits for the sweeper beside it too, which holds the same output.
  const ended = once(sentinel.process, "close");
  sentinel.process.kill("SIGTERM");
  const [code] = (await ended) as [number | null];
  return { code, ms: Date.now() - began };
}

/** The processes that a process started, by pid. */
export function childrenOf({ pid }: ChildProcess): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
}

/** Ends it and its sweeper as a power switch would. */
export async function killSentinel(sentinel: Sentinel): Promise<void> {
  if (sentinel.process.exitCode !== null || sentinel.process.signalCode !== null) return;
  const ended = once(sentinel.process, "close");
  const children = childrenOf(sentinel.process);
  sentinel.process.kill("SIGKILL");
  for (const pid of children) process.kill(pid, "SIGKILL");
  await ended;
}

/** Runs the command line and reads the JSON that it prints. */
export function sentinel<T>(env: Record<string, string>, args: string[]): Promise<T> {
  return new Promise((done, fail) => {
    const options = { env: { ...process.env, ...env }, timeout: COMMAND_MS };
    execFile(process.execPath, ["lib/sentinel.mjs", ...args], options, (error, stdout, stderr) =>
      error
        ? fail(new Error(`sentinel ${args.join(" ")}: ${stderr}`, { cause: error }))
        : done(JSON.parse(stdout) as T),
    );
  });
}

/** Runs a command that prints JSON when it is asked to. */
export const cli = <T>(env: Record<string, string>, ...args: string[]): Promise<T> =>
  sentinel(env, [...args, "--json"]);
