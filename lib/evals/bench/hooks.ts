import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { quantileSorted } from "simple-statistics";
import { commandAgent } from "@/lib/response/agents/command";
import { childEnv } from "@/lib/env";
import { machine, writeResult } from "../results";
import { Samples } from "./samples";
import { caughtUp, type SentinelServer, startSentinel } from "./sentinel";

/** What the answer to a hook may take, in ms, at so many a second. */
export const TARGET = { p99: 25, perSecond: 500 };
/** Sessions that ask, each of a person of its own; every fifth is held. */
const SESSIONS = 100;
const HELD_EACH = 5;
const BATCH = { agents: 25, each: 40 };
const BATCH_SIZE = BATCH.agents * BATCH.each;
const CONNECTIONS = 3;
/** Batches by which the maximum is found, after as many to warm up. */
const BATCHES = 60;
const TIMEOUT_MS = 60_000;
const KNOWN_MS = 30_000;
const LOOK_EVERY_MS = 50;

export interface HookAsk {
  body: string;
  user: string;
  /** Whether the right answer is no. */
  denied: boolean;
}
export interface HookLoad {
  url: string;
  key: string;
  perSecond: number;
  asks: HookAsk[];
}
export interface HookTimes {
  ms: number[];
  wrong: number;
}

const sessionOf = (i: number) => `bench-session-${i}`;
const isHeld = (i: number) => i % HELD_EACH === 0;

/** Hooks as Claude Code sends them: each session asks before a call, and tells of it after. No call is made twice. */
function asksFor(count: number): HookAsk[] {
  return Array.from({ length: count }, (_, n) => {
    const i = n % SESSIONS;
    const call = Math.floor(n / (2 * SESSIONS));
    const before = Math.floor(n / SESSIONS) % 2 === 0;
    return {
      user: `person-${i}@bench`,
      denied: before && isHeld(i),
      body: JSON.stringify({
        session_id: sessionOf(i),
        transcript_path: `/home/person-${i}/.claude/projects/app/${i}.jsonl`,
        cwd: "/home/app",
        permission_mode: "default",
        hook_event_name: before ? "PreToolUse" : isHeld(i) ? "Stop" : "PostToolUse",
        tool_name: "Bash",
        tool_input: { command: `make part-${call}`, description: "Build one part" },
        tool_use_id: `toolu_${i}_${call}`,
        ...(before ? {} : { tool_response: { stdout: "ok ".repeat(100), stderr: "" }, duration_ms: 100 }),
      }),
    };
  });
}

const post = async ({ server, key }: SentinelServer, path: string, body: object): Promise<void> => {
  const answer = await fetch(server.url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
};

/** Telemetry of every session, which names its agent; then every fifth is put in quarantine. */
async function nameAndHold(sentinel: SentinelServer): Promise<void> {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  await post(sentinel, "/v1/logs", {
    resourceLogs: [
      {
        resource: { attributes: [text("service.name", "claude-code")] },
        scopeLogs: [
          {
            scope: { name: "bench" },
            logRecords: Array.from({ length: SESSIONS }, (_, i) => ({
              timeUnixNano: `${Date.now()}000000`,
              attributes: [
                text("event.name", "api_request"),
                text("session.id", sessionOf(i)),
                text("user.email", `person-${i}@example.com`),
                text("model", "bench"),
                text("input_tokens", "10"),
              ],
            })),
          },
        ],
      },
    ],
  });
  const person = { id: "bench", name: "bench" };
  for (let i = 0; i < SESSIONS; i += HELD_EACH)
    await commandAgent(sentinel.db, `claude-code:person-${i}@example.com`, "quarantine", undefined, person, Date.now());
  await untilHeld(sentinel);
}

/** Until hooks of all that are held are answered so: news of another process take a moment. */
async function untilHeld(sentinel: SentinelServer): Promise<void> {
  const until = Date.now() + KNOWN_MS;
  for (;;) {
    const { wrong } = await drive(sentinel, { asks: asksFor(SESSIONS), perSecond: TARGET.perSecond });
    if (wrong === 0) return;
    if (Date.now() > until) throw new Error(`${wrong} sessions were not held within ${KNOWN_MS} ms`);
    await wait(LOOK_EVERY_MS);
  }
}

async function drive({ server, key }: SentinelServer, of: { asks: HookAsk[]; perSecond: number }): Promise<HookTimes> {
  const child = fork(new URL("./hook-load.ts", import.meta.url), {
    execArgv: ["--import", "tsx"],
    env: childEnv({}),
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const load: HookLoad = { url: server.url, key, ...of };
  child.send(load);
  const [times] = (await once(child, "message")) as [HookTimes];
  return times;
}

/** Batches a second at the most: as fast as they are stored. */
async function maximum(sentinel: SentinelServer, next: () => object): Promise<number> {
  let seconds = 0;
  for (let round = 0; round < 2; round++) {
    let left = BATCHES;
    const began = performance.now();
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        while (left-- > 0) await post(sentinel, "/api/v1/ingest", next());
      }),
    );
    await caughtUp(sentinel);
    // Judged, since that is what a server has to keep up with.
    seconds = (performance.now() - began) / 1_000;
  }
  return BATCHES / seconds;
}

/** Sends batches at a pace until told to stop; resolves with how many were stored. */
async function sendBatches(
  sentinel: SentinelServer,
  next: () => object,
  perSecond: number,
  stop: AbortSignal,
): Promise<number> {
  const open = new Set<Promise<void>>();
  const began = performance.now();
  let sent = 0;
  while (!stop.aborted) {
    const due = began + (sent * 1_000) / perSecond;
    const early = due - performance.now();
    if (early > 0) await wait(early);
    const one = post(sentinel, "/api/v1/ingest", next()).finally(() => open.delete(one));
    open.add(one);
    sent++;
    if (open.size >= CONNECTIONS) await Promise.race(open);
  }
  await Promise.all(open);
  return sent;
}

/** A server that hooks are asked of, warm, with the sessions that are held, and the batches a second that it can keep up with. */
export async function readyForHooks(nextBin: string, checkout?: string) {
  const sentinel = await startSentinel(nextBin, { KEY_MAX_AGENTS: "100000" }, checkout);
  try {
    const samples = new Samples(100, Date.now() - 1_000);
    let made = 0;
    const next = () => ({ events: samples.batch(made++ * BATCH.agents, BATCH.agents, BATCH.each, Date.now()) });
    const most = await maximum(sentinel, next);
    await nameAndHold(sentinel);
    return { sentinel, next, most };
  } catch (error) {
    await sentinel.stop();
    throw error;
  }
}
export type ReadyForHooks = Awaited<ReturnType<typeof readyForHooks>>;

/** Asks at a pace while batches come at theirs. Rates are per second, `samples` those that were stored meanwhile. */
export async function hooksBesideBatches(
  { sentinel, next }: ReadyForHooks,
  { seconds, perSecond, batchesPerSecond }: { seconds: number; perSecond: number; batchesPerSecond: number },
): Promise<HookTimes & { hookRate: number; sampleRate: number }> {
  const stop = new AbortController();
  const began = performance.now();
  const batches = sendBatches(sentinel, next, batchesPerSecond, stop.signal);
  const times = await drive(sentinel, { asks: asksFor(seconds * perSecond), perSecond });
  const took = (performance.now() - began) / 1_000;
  stop.abort();
  const sampleRate = ((await batches) / took) * BATCH_SIZE;
  return { ...times, hookRate: times.ms.length / took, sampleRate };
}

/**
 * Hooks during batched ingest at half of the maximum that was measured just before. Prints what the answers took and how many were
 * wrong. True: both as they have to be.
 */
export async function benchHooks(nextBin: string, seconds: number, write: boolean): Promise<boolean> {
  const ready = await readyForHooks(nextBin);
  try {
    const rates = { seconds, perSecond: TARGET.perSecond, batchesPerSecond: ready.most / 2 };
    const { ms, wrong, hookRate, sampleRate } = await hooksBesideBatches(ready, rates);
    const sorted = ms.toSorted((a, b) => a - b);
    const at = (share: number) => quantileSorted(sorted, share);
    const whole = (n: number) => Math.round(n).toLocaleString("en-US");
    const lines: [string, string][] = [
      ["maximum batched ingest, stored and evaluated, samples/s", whole(ready.most * BATCH_SIZE)],
      ["  with hooks, samples/s", whole(sampleRate)],
      ["hooks answered per second", whole(hookRate)],
      ["answer, p50 / p99 / slowest, ms", `${at(0.5).toFixed(1)} / ${at(0.99).toFixed(1)} / ${at(1).toFixed(1)}`],
      ["wrong answers", String(wrong)],
    ];
    for (const [name, value] of lines) console.log(`${name.padEnd(58)} ${value}`);
    const ok = at(0.99) <= TARGET.p99 && wrong === 0;
    if (write)
      writeResult("bench-hooks", {
        title: "Hooks during batched ingest",
        command: "npm run bench -- hooks",
        measured_at: new Date().toISOString(),
        machine: machine(),
        rows: lines.map(([what, measured]) => ({
          what: what.trim(),
          target: what.startsWith("answer") ? `p99 at most ${TARGET.p99}` : what.startsWith("wrong") ? "0" : "reported",
          measured,
          ok: what.startsWith("answer") ? at(0.99) <= TARGET.p99 : what.startsWith("wrong") ? wrong === 0 : null,
        })),
      });
    console.log(ok ? "\nok" : `\nMISSED: p99 ${at(0.99).toFixed(1)} ms, ${wrong} wrong`);
    return ok;
  } finally {
    await ready.sentinel.stop();
  }
}
