/** A seeded source of chance: the same seed gives the same fleet day. Not for secrets. */
export interface Rng {
  /** Uniform in [0, 1). */
  next: () => number;
  /** Median 1, log-sd `sd`: how latencies and lengths vary around what they would be. */
  lognormal(sd: number): number;
  pick<T>(list: readonly T[]): T;
  chance(p: number): boolean;
  /** An independent stream, so that one agent's pace does not change another's luck. */
  fork(name: string): Rng;
}

/** FNV-1a over the name's bytes. */
const hash = (name: string, seed: number) =>
  Buffer.from(name).reduce((h, byte) => Math.imul(h ^ byte, 16777619) >>> 0, seed ^ 2166136261);

/** mulberry32 (T. Ettinger, public domain): 32 bits of state, enough for a demo's variety. */
export function createRng(seed: number): Rng {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  /** Box–Muller. */
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    next,
    lognormal: (sd) => Math.exp(sd * normal()),
    pick<T>(list: readonly T[]) {
      const found = list[Math.floor(next() * list.length)];
      if (found === undefined) throw new Error("nothing to pick from");
      return found;
    },
    chance: (p) => next() < p,
    fork: (name) => createRng(hash(name, seed)),
  };
}
