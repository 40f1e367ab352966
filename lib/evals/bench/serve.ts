import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { childEnv } from "@/lib/env";

const START_MS = 60_000;
const ANSWER_MS = 2_000;
const STOP_MS = 10_000;
const ASK_EVERY_MS = 100;
/**
 * A batch of events lives as long as its request: with Node's default of 16 MB for young objects most of the collector's
 * work is copying batches that are about to die. Both servers get the same.
 */
const YOUNG_MB = 64;
/** As `npm start`: a connection that is closed while its client sends again would count as a wrong answer. */
const KEEP_ALIVE_MS = 75_000;
/** Linux counts the CPU time of a process in these. */
const TICKS_A_SECOND = 100;

export interface Server {
  url: string;
  /** Seconds of CPU that it and its children used so far; null where /proc is not there to tell. */
  cpu: () => number | null;
  stop: () => Promise<void>;
}

/** Runs `next start` on a folder that is built, from the checkout `cwd`; resolves when `ready` answers anything below 500. */
export async function serve(
  nextBin: string,
  folder: string,
  ready: { path: string; method: string },
  env: Record<string, string> = {},
  cwd = ".",
): Promise<Server> {
  const port = await freePort();
  const young = `--max-semi-space-size=${YOUNG_MB}`;
  const started = ["start", folder, "-H", "127.0.0.1", "-p", String(port), "--keepAliveTimeout", String(KEEP_ALIVE_MS)];
  const child = spawn(process.execPath, [young, nextBin, ...started], {
    cwd,
    env: childEnv({ NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", LOG_LEVEL: "warn", ...env }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const url = `http://127.0.0.1:${port}`;
  const until = Date.now() + START_MS;
  for (;;) {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const answer = await fetch(url + ready.path, { method: ready.method, signal }).catch(() => null);
    await answer?.body?.cancel();
    if (answer && answer.status < 500) break;
    if (child.exitCode !== null || Date.now() > until) {
      child.kill("SIGKILL");
      throw new Error(`${folder} did not get ready:\n${output}`);
    }
    await wait(ASK_EVERY_MS);
  }
  return { url, cpu: () => cpuOf(child), stop: () => stop(child) };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (typeof address !== "object" || address === null) throw new Error("No free port on loopback");
  return address.port;
}

function cpuOf({ pid }: ChildProcess): number | null {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    const pids = [pid, ...children.filter((child) => child !== "")];
    return pids.reduce<number>((sum, one) => sum + cpuOfOne(String(one)), 0);
  } catch {
    return null;
  }
}

function cpuOfOne(pid: string): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is a name in parentheses, which may hold spaces: count from behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  // "close" waits for its children too: they hold the ends of its output.
  const ended = once(child, "close");
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(force);
}
