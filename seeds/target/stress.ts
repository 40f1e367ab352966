import { setTimeout as wait } from "node:timers/promises";
import { Worker } from "node:worker_threads";
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
const DEFAULT_CPU_S = 60;

type Answer = { status: 202 | 400 | 409; body: Record<string, unknown> };
const accepted = (body: Record<string, unknown>): Answer => ({ status: 202, body });

/** Breaks this very process, in four ways. Everything ends with the process, and within its bounds at the latest. */
export function createStress(rng: Rng) {
  const workers = new Set<Worker>();
  const held = new Set<Buffer>();
  let delay: { min: number; max: number; until: number } | null = null;

  /** Burns cores in threads of their own, so that requests and /metrics go on. */
  function cpu(seconds: number, threads: number): Answer {
    if (workers.size + threads > LIMITS.threads.max)
      return {
        status: 409,
        body: { error: `${workers.size} threads burn already; at most ${LIMITS.threads.max} may` },
      };
    for (let i = 0; i < threads; i++) {
      const worker = new Worker(new URL("./burn.mjs", import.meta.url), {
        workerData: { ms: seconds * 1000 },
        execArgv: [],
      });
      workers.add(worker);
      worker.once("exit", () => workers.delete(worker));
    }
    return accepted({ stress: "cpu", duration: seconds, threads });
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
    setTimeout(() => chunks.forEach((chunk) => held.delete(chunk)), HELD_MS).unref();
    return accepted({ stress: "memory", megabytes, held: held.size * CHUNK_MB });
  }

  /** Slows /work until it is changed (both 0: as before), its time is over or the process ends. */
  function latency(min: number, max: number, seconds: number | null): Answer {
    delay = max === 0 ? null : { min, max, until: seconds === null ? Infinity : Date.now() + seconds * 1000 };
    return accepted({ stress: "latency", min_delay: min, max_delay: max, duration: seconds });
  }

  /** As a bug would: an exception that nobody catches. */
  function crash(): Answer {
    setTimeout(() => {
      throw new Error("heap index corrupted: no entry for segment 7");
    }, 20);
    return accepted({ stress: "crash" });
  }

  /** What to answer to `/stress/<kind>`; null when there is no such kind. It leaves no word in the log: faults do not. */
  function run(kind: string, query: URLSearchParams): Answer | null {
    const read = createReader(query);
    const answer = (then: () => Answer): Answer => {
      for (const name of query.keys()) if (!read.known.has(name)) read.problems.push(`${name} is not a parameter here`);
      return read.problems.length > 0 ? { status: 400, body: { error: read.problems.join("; ") } } : then();
    };
    switch (kind) {
      case "cpu": {
        const [seconds, threads] = [read.number("duration", DEFAULT_CPU_S), read.number("threads", 1)];
        return answer(() => cpu(seconds, Math.round(threads)));
      }
      case "memory": {
        const megabytes = read.number("megabytes", null);
        return answer(() => memory(megabytes));
      }
      case "latency": {
        const [min, max] = [read.number("min_delay", null), read.number("max_delay", null)];
        const seconds = query.has("duration") ? read.number("duration", null) : null;
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
      if (delay && delay.until <= Date.now()) delay = null;
      if (delay) await wait((delay.min + rng.next() * (delay.max - delay.min)) * 1000);
    },
    stop: () => Promise.all([...workers].map((worker) => worker.terminate())),
  };
}

function createReader(query: URLSearchParams) {
  const problems: string[] = [];
  const known = new Set<string>();
  /** A number within the parameter's bounds. Without a fallback it must be given. */
  function number(name: Name, fallback: number | null): number {
    known.add(name);
    const { min, max } = LIMITS[name];
    const text = query.get(name);
    const value = text === null || text.trim() === "" ? fallback : Number(text);
    if (value !== null && value >= min && value <= max) return value;
    problems.push(`${name} must be a number from ${min} to ${max}`);
    return min;
  }
  return { problems, known, number };
}
