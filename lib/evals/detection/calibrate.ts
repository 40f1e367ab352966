import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { healthyAgent, observation } from "./generate";
import { createDetector, DEFAULT_DETECT_SETTINGS, observe, resetEvidence } from "@/lib/core/detection/detect";
import type { Line } from "./table";

/** Stationary samples per agent; an agent's learning phase is part of it. */
const PER_AGENT = 100_000;
const LOG_SDS = [0.3, 0.5, 0.8] as const;

export interface CalibrationPart {
  arl: number;
  firstSeed: number;
  agents: number;
}

export interface CalibrationCount {
  arl: number;
  samples: number;
  holds: number;
  byMetric: Record<string, number>;
}

/** Count the holds among agents' stationary samples; evidence is reset after each. */
export function countHolds({ arl, firstSeed, agents }: CalibrationPart, perAgent = PER_AGENT): CalibrationCount {
  const settings = { ...DEFAULT_DETECT_SETTINGS, arl };
  const count: CalibrationCount = { arl, samples: agents * perAgent, holds: 0, byMetric: {} };
  for (let a = 0; a < agents; a++) {
    const agent = healthyAgent(firstSeed + a, LOG_SDS[a % LOG_SDS.length]!);
    const state = createDetector();
    for (let i = 0; i < perAgent; i++) {
      const hold = observe(state, observation(i, { ...agent() }), settings, null).find(
        (found) => found.verdict !== "watch",
      );
      if (hold === undefined) continue;
      count.holds++;
      count.byMetric[hold.metric] = (count.byMetric[hold.metric] ?? 0) + 1;
      resetEvidence(state);
    }
  }
  return count;
}

/** Run the parts in processes of their own, as many at once as there are processors. */
async function inParallel(parts: CalibrationPart[]): Promise<CalibrationCount[]> {
  const counts: CalibrationCount[] = [];
  const queue = [...parts];
  const lane = async () => {
    for (let part = queue.shift(); part !== undefined; part = queue.shift()) counts.push(await inProcess(part));
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), parts.length) }, lane));
  return counts;
}

function inProcess(part: CalibrationPart): Promise<CalibrationCount> {
  return new Promise((resolve, reject) => {
    const worker = fork(new URL("./calibrate-worker.ts", import.meta.url), [JSON.stringify(part)], {
      execArgv: ["--import", "tsx"],
    });
    worker.once("message", (count) => resolve(count as CalibrationCount));
    worker.once("error", reject);
    worker.once("exit", (code, signal) => {
      if (code !== 0) reject(new Error(`a part of the calibration ended with ${code ?? signal}`));
    });
  });
}

/** Agents per part: long enough that starting a process costs nothing, short enough to keep all of them busy. */
const AGENTS_PER_PART = 20;

export async function calibration(samples = 20_000_000, arls = [1e4, 1e5, 1e6]): Promise<Line[]> {
  const parts = arls.flatMap((arl, k) =>
    Array.from({ length: Math.ceil(samples / PER_AGENT / AGENTS_PER_PART) }, (_, i) => ({
      arl,
      firstSeed: 200_000_000 + k * 10_000_000 + i * AGENTS_PER_PART,
      agents: AGENTS_PER_PART,
    })),
  );
  const counts = await inParallel(parts);
  return arls.map((arl) => {
    const mine = counts.filter((c) => c.arl === arl);
    const total = mine.reduce((sum, c) => sum + c.samples, 0);
    const holds = mine.reduce((sum, c) => sum + c.holds, 0);
    const ratio = total / Math.max(holds, 1) / arl;
    const byMetric: Record<string, number> = {};
    for (const c of mine)
      for (const [metric, n] of Object.entries(c.byMetric)) byMetric[metric] = (byMetric[metric] ?? 0) + n;
    return {
      what: `--arl ${arl}: samples between false quarantines over the setting (${total} stationary samples)`,
      target: "0.7 to 5",
      measured: `${ratio.toFixed(2)} (${holds} quarantines: ${JSON.stringify(byMetric)})`,
      met: ratio >= 0.7 && ratio <= 5,
    };
  });
}
