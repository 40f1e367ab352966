import { quantileSorted } from "simple-statistics";
import { hooksBesideBatches, type ReadyForHooks, readyForHooks, TARGET } from "./hooks";

/** Rounds in turn, so that whatever else the machine does meets both builds alike: here, there, there, here and so on. */
const ROUNDS = 6;
/** Before them each is asked for so long, in seconds, which counts for nothing: code that runs for the first time is slow. */
const WARM_UP_S = 8;

interface Side {
  name: string;
  ready: ReadyForHooks;
  ms: number[];
  wrong: number;
}

/**
 * Hooks of this build and of the build in another checkout, in one run: both servers up, asked in turn at the same pace, beside the
 * same batches. Prints what the answers of both took, and the ratio. `perSecond`: hooks a second; on a machine that is busy with other
 * things, a pace that both can keep. True: no answer was wrong.
 */
export async function compareHooks(
  nextBin: string,
  { checkout, seconds, perSecond = TARGET.perSecond }: { checkout: string; seconds: number; perSecond?: number },
): Promise<boolean> {
  const sides: Side[] = [];
  try {
    for (const [name, where] of [["this build", undefined] as const, [checkout, checkout] as const])
      sides.push({ name, ready: await readyForHooks(nextBin, where), ms: [], wrong: 0 });
    const batchesPerSecond = Math.min(...sides.map(({ ready }) => ready.most)) / 2;
    for (const { ready } of sides) await hooksBesideBatches(ready, { seconds: WARM_UP_S, perSecond, batchesPerSecond });
    for (let round = 0; round < ROUNDS; round++)
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        const rates = { seconds: Math.ceil(seconds / ROUNDS), perSecond, batchesPerSecond };
        const { ms, wrong } = await hooksBesideBatches(side.ready, rates);
        side.ms.push(...ms);
        side.wrong += wrong;
        const sorted = ms.toSorted((a, b) => a - b);
        console.log(`round ${round + 1}, ${side.name}: ${[0.5, 0.99].map((q) => quantileSorted(sorted, q).toFixed(1)).join(" / ")} ms`); // prettier-ignore
      }
    const [here, there] = sides as [Side, Side];
    const at = ({ ms }: Side, share: number) => quantileSorted(ms.toSorted((a, b) => a - b), share); // prettier-ignore
    for (const side of sides)
      console.log(`${side.name}: p50 / p90 / p99 ${[0.5, 0.9, 0.99].map((q) => at(side, q).toFixed(1)).join(" / ")} ms, maximum ingest ${side.ready.most.toFixed(1)} batches/s, ${side.wrong} wrong`); // prettier-ignore
    console.log(`ratio p50 / p90 / p99: ${[0.5, 0.9, 0.99].map((q) => (at(here, q) / at(there, q)).toFixed(2)).join(" / ")}`); // prettier-ignore
    return sides.every(({ wrong }) => wrong === 0);
  } finally {
    for (const { ready } of sides) await ready.sentinel.stop();
  }
}
