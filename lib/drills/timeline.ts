import { canonicalJson } from "@/lib/core/base/digest";

/** One thing that was done: then, or now that it is played again. */
export interface Act {
  operation: string;
  service: string;
  args: Readonly<Record<string, unknown>>;
}

/** A stretch of a recording, from one act to the next. Epoch seconds. */
export interface Stretch {
  from: number;
  /** Null: nothing had been done yet. Its outcome is as it was measured then. */
  act: (Act & { outcome: string }) | null;
}

/** A stretch as it is played: from `at` on, until the next one. Null: what followed is not known. */
export interface Played<S extends Stretch> {
  at: number;
  stretch: S | null;
}

const same = (one: Act, other: Act): boolean =>
  one.operation === other.operation &&
  one.service === other.service &&
  canonicalJson(one.args) === canonicalJson(other.args);

/**
 * What of a recording is played given what has been done, in its order: until the first act what was recorded until the first one then; after
 * an act that was recorded what followed it; after any other nothing, since nobody knows. An act that had had others before it
 * counts as recorded once those that changed something were done too: what had no effect need not be repeated.
 */
export function playedStretches<S extends Stretch>(
  stretches: readonly S[],
  done: readonly (Act & { at: number })[],
): Played<S>[] {
  const [first, ...acted] = stretches;
  if (first === undefined) return [];
  const before: Act[] = [];
  const used = new Set<S>();
  return [
    { at: first.from, stretch: first },
    ...done.map((now) => {
      const followed = acted.find((one, i) => {
        if (one.act === null || used.has(one) || !same(one.act, now)) return false;
        return acted
          .slice(0, i)
          .every(({ act }) => act === null || act.outcome === "no_effect" || before.some((other) => same(other, act)));
      });
      before.push(now);
      if (followed !== undefined) used.add(followed);
      return { at: now.at, stretch: followed ?? null };
    }),
  ];
}

/** Values between two moments (both included) of what is recorded in a stretch, moved to when it is played. */
export function pointsBetween<S extends Stretch>(
  played: readonly Played<S>[],
  pointsOf: (stretch: S) => readonly (readonly [t: number, value: number])[],
  from: number,
  to: number,
): [number, number][] {
  return played.flatMap(({ at, stretch }, i) => {
    const end = played[i + 1]?.at ?? Infinity;
    if (stretch === null) return [];
    return pointsOf(stretch).flatMap(([t, value]): [number, number][] => {
      const moved = t - stretch.from + at;
      return moved >= Math.max(from, at) && moved <= to && moved < end ? [[moved, value]] : [];
    });
  });
}
