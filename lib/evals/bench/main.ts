import { existsSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import autocannon from "autocannon";
import { Command } from "commander";
import { median } from "simple-statistics";
import { benchDetector } from "./detector";
import { benchGateway } from "./gateway";
import { benchHooks } from "./hooks";
import { compareHooks } from "./hooks-against";
import { benchHostile } from "./hostile";
import { buildNoop, NOOP_PATH } from "./noop";
import { benchOtlp } from "./otlp";
import { EVENTS_A_RUN, Samples } from "./samples";
import { caughtUp, detectors, incidents, type SentinelServer, startSentinel, sweepSeconds } from "./sentinel";
import { serve, type Server } from "./serve";
import { machine, writeResult } from "../results";

/** How many times as many samples a second batches must bring, judged, as single posts to a handler that does nothing. */
const TARGET = 20;
const ROUNDS = 5;
const AGENTS = 100;
/** Whole runs of each agent: a run that waits for the next batch would be a stuck one. */
const BATCH = { agents: 25, each: 5 * EVENTS_A_RUN };
const BATCH_SIZE = BATCH.agents * BATCH.each;
const BATCHES_A_ROUND = 100;
/** Samples of each agent before anything is measured: baselines have settled, the server is warm. */
const WARM_UP_EACH = 600;
const NOOP_SECONDS = 3;
/** Few connections with large bodies, more with empty ones: what each of the two is fastest with. */
const CONNECTIONS = { noop: 10, batches: 3 };
const TIMEOUT_S = 60;

interface Rate {
  /** Samples a second. */
  wall: number;
  /** Samples a second of the server's CPU time: what is left of the figure when other programs disturb it. */
  cpu: number | null;
}
interface Round {
  noop: Rate;
  batches: Rate;
  stored: number;
  p50: number;
  p99: number;
  sweepMs: number;
}

const nextBin = createRequire(import.meta.url).resolve("next/dist/bin/next");

async function throughput(write: boolean): Promise<void> {
  const folder = await buildNoop(nextBin);
  // Whatever has been started when something fails is ended, last one first.
  const ends: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true })];
  try {
    const noop = await serve(nextBin, folder, { path: NOOP_PATH, method: "POST" });
    ends.unshift(noop.stop);
    const sentinel = await startSentinel(nextBin);
    ends.unshift(sentinel.stop);
    const samples = new Samples(AGENTS, Date.now() - 1_000);
    let sent = 0;
    const next = () => samples.batch(sent++ * BATCH.agents, BATCH.agents, BATCH.each, Date.now());
    await load(sentinel, next, (AGENTS * WARM_UP_EACH) / BATCH_SIZE);
    await single(noop, 1);

    const rounds: Round[] = [];
    for (let i = 0; i < ROUNDS; i++) rounds.push(await round(noop, sentinel, next));
    const ratio = print(rounds, await detectors(sentinel), await incidents(sentinel), write);
    process.exitCode = ratio >= TARGET ? 0 : 1;
  } finally {
    for (const end of ends) await end();
  }
}

async function single(noop: Server, seconds: number): Promise<Rate> {
  const cpu = noop.cpu();
  const result = await autocannon({
    url: noop.url + NOOP_PATH,
    method: "POST",
    connections: CONNECTIONS.noop,
    duration: seconds,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(new Samples(1, 0).batch(0, 1, 1, Date.now())[0]),
  });
  return { wall: result["2xx"] / result.duration, cpu: perCpu(result["2xx"], cpu, noop) };
}

const perCpu = (samples: number, before: number | null, server: Server): number | null => {
  const after = server.cpu();
  return before === null || after === null ? null : samples / (after - before);
};

/** Posts so many batches, every one of which must be accepted, and waits until they are judged. Times in seconds. */
async function load(sentinel: SentinelServer, next: () => object[], batches: number) {
  const bodies = Array.from({ length: batches }, () => JSON.stringify({ events: next() }));
  const began = performance.now();
  const run = autocannon({
    url: `${sentinel.server.url}/api/v1/ingest`,
    method: "POST",
    connections: CONNECTIONS.batches,
    amount: batches,
    timeout: TIMEOUT_S,
    headers: { "content-type": "application/json", authorization: `Bearer ${sentinel.key}` },
    // In their order: no agent's time runs backwards.
    requests: [{ setupRequest: (request) => ({ ...request, body: bodies.shift()! }) }],
  });
  let answers = 0;
  const stored = new Promise<number>((done) => {
    run.on("response", () => {
      if (++answers === batches) done((performance.now() - began) / 1_000);
    });
  });
  // A request without an answer ends the run before they are all there.
  const storedSeconds = await Promise.race([stored, run.then(() => Number.NaN)]);
  await caughtUp(sentinel);
  const judgedSeconds = (performance.now() - began) / 1_000;
  const result = await run;
  if (result["2xx"] !== batches)
    throw new Error(`${result["2xx"]} of ${batches} batches got through (${result.non2xx} refused)`);
  return { storedSeconds, judgedSeconds, latency: result.latency };
}

async function round(noop: Server, sentinel: SentinelServer, next: () => object[]): Promise<Round> {
  const bare = await single(noop, NOOP_SECONDS);
  const swept = await sweepSeconds(sentinel);
  const cpu = sentinel.server.cpu();
  const size = BATCHES_A_ROUND * BATCH_SIZE;
  const { storedSeconds, judgedSeconds, latency } = await load(sentinel, next, BATCHES_A_ROUND);
  return {
    noop: bare,
    batches: { wall: size / judgedSeconds, cpu: perCpu(size, cpu, sentinel.server) },
    stored: size / storedSeconds,
    p50: latency.p50,
    p99: latency.p99,
    sweepMs: (((await sweepSeconds(sentinel)) - swept) * 1_000_000) / size,
  };
}

function print(rounds: Round[], states: { count: number; bytes: number }, opened: number, write: boolean): number {
  const over = (read: (round: Round) => number | null) => median(rounds.map((one) => read(one) ?? Number.NaN));
  const ratio = over((r) => r.batches.wall / r.noop.wall);
  const whole = (n: number) => Math.round(n).toLocaleString("en-US");
  const lines: [string, string][] = [
    ["single posts to a bare no-op handler, samples/s", whole(over((r) => r.noop.wall))],
    [`batches of ${whole(BATCH_SIZE)}, stored and evaluated, samples/s`, whole(over((r) => r.batches.wall))],
    ["  of them stored and acknowledged, samples/s", whole(over((r) => r.stored))],
    [
      `ratio (at least ${TARGET})`,
      `${ratio.toFixed(1)}  (${rounds.map((r) => (r.batches.wall / r.noop.wall).toFixed(1)).join(", ")})`,
    ],
    [
      "ratio by the servers' CPU time",
      over((r) => (r.batches.cpu ?? Number.NaN) / (r.noop.cpu ?? Number.NaN)).toFixed(1),
    ],
    ["CPU of the server per sample, µs", (1e6 / over((r) => r.batches.cpu)).toFixed(1)],
    ["ingest of a batch, p50 / p99, ms", `${over((r) => r.p50)} / ${over((r) => r.p99)}`],
    ["sweep per 1,000 events, ms", over((r) => r.sweepMs).toFixed(1)],
    ["detector, one observation, µs", benchDetector().toFixed(1)],
    [`detector state as stored, bytes (mean of ${states.count} agents)`, whole(states.bytes)],
    ["incidents opened on this healthy traffic", String(opened)],
  ];
  console.log(`${AGENTS} agents; ${BATCH.agents} in a batch; median of ${rounds.length} rounds\n`);
  for (const [name, value] of lines) console.log(`${name.padEnd(58)} ${value}`);
  if (write)
    writeResult("bench-throughput", {
      title: "Load on the built server",
      command: "npm run bench",
      measured_at: new Date().toISOString(),
      machine: machine(),
      rows: lines.map(([what, measured]) => ({
        what: what.trim(),
        target: what.startsWith("ratio (") ? `at least ${TARGET}` : "reported",
        measured,
        ok: what.startsWith("ratio (") ? ratio >= TARGET : null,
      })),
    });
  console.log(ratio >= TARGET ? "\nok" : `\nMISSED: ${ratio.toFixed(1)} is less than ${TARGET}`);
  return ratio;
}

/** How long hooks are asked, in seconds, unless said otherwise. */
const HOOK_SECONDS = 60;

interface Options {
  write?: boolean;
  seconds: number;
  against?: string;
  perSecond?: number;
}

const BENCHES: Record<string, (write: boolean, options: Options) => Promise<void>> = {
  throughput,
  hooks: async (write, { seconds, against, perSecond }) => {
    const ok = against
      ? await compareHooks(nextBin, { checkout: against, seconds, perSecond })
      : await benchHooks(nextBin, seconds, write);
    process.exitCode = ok ? 0 : 1;
  },
  gateway: async (write) => {
    process.exitCode = (await benchGateway(nextBin, write)) ? 0 : 1;
  },
  hostile: (write) => benchHostile(nextBin, write),
  otlp: async (write) => {
    process.exitCode = (await benchOtlp(nextBin, write)) ? 0 : 1;
  },
};

const program = new Command("bench")
  .description("load the built server and print how it fares")
  .argument("[what]", Object.keys(BENCHES).join(" | "), "throughput")
  .option("--write", "keep the figures in lib/evals/results, where the console shows them")
  .option("--seconds <n>", "how long hooks are asked", Number, HOOK_SECONDS)
  .option("--against <checkout>", "hooks: compare with the build in another checkout, in one run, without a target")
  .option("--per-second <n>", "hooks: how many are asked per second (with --against)", Number)
  .action(async (what: string, options: Options) => {
    const bench = BENCHES[what];
    if (bench === undefined) throw new Error(`[what]: there is no bench "${what}"`);
    if (!existsSync(".next/BUILD_ID")) throw new Error("There is no build: run `npm run build` first");
    await bench(options.write ?? false, options);
  });

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
