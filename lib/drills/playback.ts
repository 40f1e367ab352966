import type { Series } from "@/lib/core/evidence/bundle";
import type { After } from "./scenarios";

/** An operation that was carried out in a drill. */
export interface Done {
  operation: string;
  service: string;
  /** Epoch seconds. */
  at: number;
}

export interface Playback {
  /** Everything until the alert. */
  recorded: readonly Series[];
  after: After;
  /** When the alert fired, epoch seconds. */
  firedAt: number;
  /** In the order in which they were carried out. */
  done: readonly Done[];
}

type Points = [epochSeconds: number, value: number][];

/**
 * One series of a drill between two moments (epoch seconds, both included), as it was measured given what has been done:
 * the recording until the alert, then what follows if nothing is done, then what follows the operation that was carried out
 * last, or what follows it given one that was carried out before. Once one has worked, what comes after it changes nothing any more; an operation that was never recorded changes
 * nothing at all. What is played longer than it was recorded repeats its second half. Empty for a series that there is not.
 */
export function play(
  { recorded, after, firedAt, done }: Playback,
  node: string,
  metric: string,
  from: number,
  to: number,
): Points {
  const points: Points = recorded
    .filter((series) => series.node === node && series.metric === metric)
    .flatMap((series) => series.points.filter(([t]) => t >= from && t <= to && t < firedAt));
  const parts = partsOf(after, firedAt, done);
  for (const [i, { at, metrics }] of parts.entries()) {
    const values = metrics.find((column) => column.node === node && column.metric === metric)?.values ?? [];
    if (values.length === 0) continue;
    const end = parts[i + 1]?.at ?? Infinity;
    const first = Math.max(0, Math.ceil((from - at) / after.step));
    for (let k = first, t = at + k * after.step; t <= to && t < end; k += 1, t = at + k * after.step) {
      const value = values[indexOf(k, values.length)];
      if (value !== null && value !== undefined) points.push([t, value]);
    }
  }
  return points;
}

/** What is played from when on. */
function partsOf(after: After, firedAt: number, done: readonly Done[]): { at: number; metrics: After["untouched"] }[] {
  const parts = [{ at: firedAt, metrics: after.untouched }];
  for (const [i, { operation, service, at }] of done.entries()) {
    const recorded = after.operations.filter((one) => one.operation === operation && one.service === service);
    const before = done.slice(0, i);
    const isGiven = ({ given }: (typeof recorded)[number]) =>
      given !== undefined && before.some((one) => one.operation === given.operation && one.service === given.service);
    const followed = recorded.find(isGiven) ?? recorded.find(({ given }) => given === undefined);
    if (!followed) continue;
    parts.push({ at, metrics: followed.metrics });
    if (followed.works) break;
  }
  return parts;
}

function indexOf(k: number, length: number): number {
  if (k < length) return k;
  const half = Math.floor(length / 2);
  return half + ((k - half) % (length - half));
}
