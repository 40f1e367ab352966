import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import { type Child, target } from "./children";
import { anyPort } from "./ports";
import { untilReady } from "./ready";
import { startTraffic } from "./traffic";

/** What runs: a version and its configuration. */
export interface Release {
  version: string;
  config: Record<string, number>;
}

export interface TargetStatus {
  url: string;
  /** `crashed` stays so until somebody restarts it: no supervisor's luck is mistaken for a cure. */
  state: "running" | "stopped" | "crashed";
  pid: number | null;
  release: Release;
  previous: Release | null;
  /** Epoch ms of the last start; null before the first. */
  startedAt: number | null;
  starts: number;
  lastExit: { code: number | null; at: number } | null;
}

/** What came of a command; a refusal says why. */
export type Commanded = { ok: true; status: TargetStatus } | { ok: false; reason: string };

export interface TargetSupervisor {
  status(): TargetStatus;
  restart(): Promise<Commanded>;
  stop(): Promise<Commanded>;
  /** Replaces what runs. What is left out stays as it is. */
  deploy(change: { version?: string; config?: Record<string, number> }): Promise<Commanded>;
  /** Goes back to what ran before the last deploy. Refused when there is nothing to go back to. */
  rollback(): Promise<Commanded>;
  /** Ends target and traffic for good. */
  close(): Promise<void>;
}

export interface TargetOptions {
  /** Its configuration, and its log in `logs/target.log`, go here. */
  folder: string;
  /** Requests a second to /work. Five are enough for rates and quantiles over half a minute. */
  perSecond?: number;
  /** Told of each deploy, as a deployment pipeline would tell. A rollback is the healer's own doing, and is not told. */
  onDeploy?: (from: Release, to: Release, at: number) => void;
  say?: (line: string) => void;
}

/** As pino writes it, like the target. */
const ERROR = 50;

const FIRST: Release = { version: "1.4.0", config: {} };

/**
 * The target stands for a machine of its own: what stresses its processor must not starve those who watch it, so it takes
 * what they leave.
 */
function yieldTo(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It ended already, which its start finds out by itself; or the system has no priorities.
  }
}

/** Starts the target as a process of its own, and traffic to it. Resolves when /health answers; throws when it does not. */
export async function superviseTarget(options: TargetOptions): Promise<TargetSupervisor> {
  const { folder, perSecond = 5, onDeploy, say = () => {} } = options;
  mkdirSync(join(folder, "logs"), { recursive: true });
  const log = openSync(join(folder, "logs", "target.log"), "w");
  const config = join(folder, "target-config.json");
  const port = await anyPort();
  const url = `http://127.0.0.1:${port}`;
  const releases: Release[] = [FIRST];
  const current = () => releases.at(-1) ?? FIRST;
  let child: Child | null = null;
  let state: TargetStatus["state"] = "stopped";
  let startedAt: number | null = null;
  let starts = 0;
  let lastExit: TargetStatus["lastExit"] = null;

  const status = (): TargetStatus => ({
    url,
    state,
    pid: state === "running" ? (child?.pid ?? null) : null,
    release: current(),
    previous: releases.at(-2) ?? null,
    startedAt,
    starts,
    lastExit,
  });

  async function start(): Promise<Commanded> {
    writeFileSync(config, JSON.stringify(current().config));
    const mine = target(["--port", String(port), "--version", current().version, "--config", config], log);
    if (mine.pid !== null) yieldTo(mine.pid);
    child = mine;
    state = "running";
    starts += 1;
    startedAt = Date.now();
    mine.ended
      .catch(() => null)
      .then((code) => {
        lastExit = { code, at: Date.now() };
        if (child !== mine) return;
        child = null;
        state = "crashed";
        const exited = `target exited with ${code === null ? "a signal" : `code ${code}`}; it stays down until it is restarted`;
        say(exited);
        // As systemd and container runtimes have it in the log of what they run.
        writeSync(log, `${JSON.stringify({ level: ERROR, time: Date.now(), name: "supervisor", msg: exited })}\n`);
      })
      .catch(() => {});
    try {
      await untilReady(`${url}/health`, mine);
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    }
    say(`target ${current().version} runs at ${url}`);
    return { ok: true, status: status() };
  }

  async function end() {
    const mine = child;
    child = null;
    state = "stopped";
    await mine?.stop();
  }

  const again = async () => (await end(), start());

  /** One command at a time: two restarts at once would fight for the port. */
  let last: Promise<unknown> = Promise.resolve();
  function inTurn(command: () => Promise<Commanded>): Promise<Commanded> {
    const mine = last.then(command);
    last = mine.catch(() => {});
    return mine;
  }

  const traffic = startTraffic(`${url}/work`, perSecond);
  async function close() {
    traffic.stop();
    await last;
    await end();
    closeSync(log);
  }
  const first = await inTurn(start);
  if (!first.ok) {
    await close();
    throw new Error(first.reason);
  }
  return {
    status,
    restart: () => inTurn(again),
    stop: () => inTurn(async () => (await end(), { ok: true, status: status() })),
    deploy: (change) =>
      inTurn(async () => {
        const from = current();
        const to = { version: change.version ?? from.version, config: change.config ?? from.config };
        releases.push(to);
        onDeploy?.(from, to, Date.now());
        return again();
      }),
    rollback: () =>
      inTurn(async () => {
        if (releases.length < 2) return { ok: false, reason: "there is no previous release" };
        releases.pop();
        return again();
      }),
    close,
  };
}
