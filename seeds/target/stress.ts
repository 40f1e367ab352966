import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { Logger } from "pino";
import type { Rng } from "../fleet/rng";

/** Bounds of what a caller may ask for: enough to be seen on a small machine, not enough to harm it. */
const LIMITS = {
  duration: { min: 1, max: 600 },
  threads: { min: 1, max: 4 },
  megabytes: { min: 1, max: 512 },
  min_delay: { min: 0, max: 10 },
  max_delay: { min: 0, max: 10 },
};
type Name = keyof typeof LIMITS;
/** Held at once, whoever asked. */
const MAX_HELD_MB = 768;
/** Memory that nobody restarted away is given back after this. */
const HELD_MS = 30 * 60_000;
const CHUNK_MB = 8;
/** Bundled or not, the service runs in the folder of the checkout. */
const BURN = resolve("seeds/target/burn.mjs");
/** What is done without parameters: enough to cross the usual limits, for long enough to be noticed. */
const DEFAULTS = {
  cpu: { duration: 60, threads: 1 },
  memory: { megabytes: 256 },
  latency: { min_delay: 2.5, max_delay: 4, duration: 60 },
};

type Answer = { status: 202 | 400 | 409; body: Record<string, unknown> };
const accepted = (body: Record<string, unknown>): Answer => ({ status: 202, body });

/**
 * Breaks this very process, in four ways. Everything ends with the process, and within its bounds at the latest; its start and
 * its end stand in the log.
 */
export function createStress(rng: Rng, log: Logger) {
  const workers = new Set<Worker>();
  const held = new Set<Buffer>();
  let delay: { min: number; max: number } | null = null;
  let ending: NodeJS.Timeout | undefined;
  const began = (body: Record<string, unknown>): Answer => {
    log.info(body, "stress began");
    return accepted(body);
  };
  const ended = (stress: string, more: Record<string, unknown> = {}) => log.info({ stress, ...more }, "stress ended");

  /** Burns cores in threads of their own, so that requests and /metrics go on. */
  function cpu(seconds: number, threads: number): Answer {
    if (workers.size + threads > LIMITS.threads.max)
      return {
        status: 409,
        body: { error: `${workers.size} threads burn already; at most ${LIMITS.threads.max} may` },
      };
    for (let i = 0; i < threads; i++) {
      const worker = new Worker(BURN, {
        workerData: { ms: seconds * 1000 },
        execArgv: [],
      });
      workers.add(worker);
      worker.once("exit", () => {
        workers.delete(worker);
        if (workers.size === 0) ended("cpu");
      });
    }
    return began({ stress: "cpu", duration: seconds, threads });
  }

  /** Holds real, touched memory. A chunk at a time, so that requests go on. */
  function memory(megabytes: number): Answer {
    const now = held.size * CHUNK_MB;
    if (now + megabytes > MAX_HELD_MB)
      return { status: 409, body: { error: `${now} MB are held already; at most ${MAX_HELD_MB} may be` } };
    const chunks = Array.from({ length: Math.ceil(megabytes / CHUNK_MB) }, () =>
      Buffer.allocUnsafeSlow(CHUNK_MB << 20),
    );
    for (const chunk of chunks) held.add(chunk);
    void (async () => {
      for (const chunk of chunks) {
        chunk.fill(1);
        await wait(0);
      }
    })();
    setTimeout(() => {
      for (const chunk of chunks) held.delete(chunk);
      ended("memory", { megabytes, held: held.size * CHUNK_MB });
    }, HELD_MS).unref();
    return began({ stress: "memory", megabytes, held: held.size * CHUNK_MB });
  }

  /** Slows /work until it is changed (both 0: as before), its time is over or the process ends. */
  function latency(min: number, max: number, seconds: number | null): Answer {
    clearTimeout(ending);
    const over = () => {
      delay = null;
      ended("latency");
    };
    if (max === 0) {
      if (delay) over();
      return accepted({ stress: "latency", min_delay: min, max_delay: max, duration: seconds });
    }
    delay = { min, max };
    if (seconds !== null) ending = setTimeout(over, seconds * 1_000).unref();
    return began({ stress: "latency", min_delay: min, max_delay: max, duration: seconds });
  }

  /** As a bug would: an exception that nobody catches. */
  function crash(): Answer {
    setTimeout(() => {
      throw new Error("heap index corrupted: no entry for segment 7");
    }, 20);
    return began({ stress: "crash" });
  }

  /** What to answer to `/stress/<kind>`; null when there is no such kind. Each has defaults. */
  function run(kind: string, query: URLSearchParams): Answer | null {
    const read = createReader(query);
    const answer = (then: () => Answer): Answer => {
      for (const name of query.keys()) if (!read.known.has(name)) read.problems.push(`${name} is not a parameter here`);
      return read.problems.length > 0 ? { status: 400, body: { error: read.problems.join("; ") } } : then();
    };
    switch (kind) {
      case "cpu": {
        const { duration, threads: usual } = DEFAULTS.cpu;
        const [seconds, threads] = [read.number("duration", duration), read.number("threads", usual)];
        return answer(() => cpu(seconds, Math.round(threads)));
      }
      case "memory": {
        const megabytes = read.number("megabytes", DEFAULTS.memory.megabytes);
        return answer(() => memory(megabytes));
      }
      case "latency": {
        const usual = DEFAULTS.latency;
        const bare = !query.has("min_delay") && !query.has("max_delay");
        const min = read.number("min_delay", bare ? usual.min_delay : 0);
        const max = read.number("max_delay", bare ? usual.max_delay : Math.max(min, usual.max_delay));
        // Delays that were chosen hold until they are changed.
        const seconds = bare || query.has("duration") ? read.number("duration", usual.duration) : null;
        if (min > max) read.problems.push("min_delay must not be above max_delay");
        return answer(() => latency(min, max, seconds));
      }
      case "crash":
        return answer(crash);
    }
    return null;
  }

  return {
    run,
    /** What /work has to wait for. */
    async drag(): Promise<void> {
      if (delay) await wait((delay.min + rng.next() * (delay.max - delay.min)) * 1000);
    },
    stop: () => Promise.all([...workers].map((worker) => worker.terminate())),
  };
}

function createReader(query: URLSearchParams) {
  const problems: string[] = [];
  const known = new Set<string>();
  /** A number within the parameter's bounds. */
  function number(name: Name, fallback: number): number {
    known.add(name);
    const { min, max } = LIMITS[name];
    const text = query.get(name);
    const value = text === null || text.trim() === "" ? fallback : Number(text);
    if (value >= min && value <= max) return value;
    problems.push(`${name} must be a number from ${min} to ${max}`);
    return min;
  }
  return { problems, known, number };
}
