import type { TypePrior } from "@/lib/core/detection/detect";
import { type Fault, FAULTS, type FaultName } from "./generate";
import { delay, firstHold, peerPrior } from "./synthetic";
import { type Line, percent, quantile, shareWithin } from "./table";

/** How many agents: the full measurement, or a small one for the tests. */
export interface Size {
  agents: number;
  seeds: number;
}
export const FULL: Size = { agents: 20, seeds: 10 };

const LOG_SDS = [0.3, 0.5, 0.8] as const;
const SAMPLES = 300;
const WITHIN = 40;

/** Seeds of a measurement's agents, apart from those of any other. */
const seedsOf = (size: Size, base: number) => Array.from({ length: size.agents * size.seeds }, (_, i) => base + i);

export function lognormal(size = FULL): Line[] {
  return LOG_SDS.map((logSd, i) => {
    const seeds = seedsOf(size, 1_000_000 * (i + 1));
    const held = seeds.filter((seed) => firstHold(seed, logSd, SAMPLES) !== null).length;
    return {
      what: `no fault, log-sd ${logSd}: agents ever quarantined (of ${seeds.length})`,
      target: "at most 0.5 %",
      measured: `${held} (${percent(held / seeds.length)})`,
      met: held / seeds.length <= 0.005,
    };
  });
}

/** Median samples that a fault may take, by log-sd. */
const MEDIANS: Partial<Record<FaultName, [number, number, number]>> = {
  "tokens x100": [1, 1, 2],
  "tools +40": [1, 1, 2],
  "tokens x5": [5, 5, 10],
  "latency x10": [5, 5, 10],
  "cost x10": [5, 5, 10],
  "errors 100 %": [5, 5, 5],
  "retries 100 %": [10, 10, 10],
};

export function faults(size = FULL): Line[] {
  return Object.entries(MEDIANS).flatMap(([name, medians]) =>
    LOG_SDS.map((logSd, i) => {
      const fault: Fault = FAULTS[name as FaultName];
      const delays = seedsOf(size, 10_000_000 * (i + 1)).map((seed) =>
        delay({ seed, logSd, healthy: SAMPLES, fault, limit: WITHIN }),
      );
      const share = shareWithin(delays, WITHIN);
      const median = quantile(delays, 0.5);
      return {
        what: `${name}, log-sd ${logSd}`,
        target: `99 % within ${WITHIN}, median at most ${medians[i]!}`,
        measured: `${percent(share)}, median ${median}, slowest ${quantile(delays, 1)}`,
        met: share >= 0.99 && median !== null && median <= medians[i]!,
      };
    }),
  );
}

const tripled: Fault = (v) => ({
  ...v,
  latency_ms: v.latency_ms * 3,
  input_tokens: v.input_tokens * 3,
  output_tokens: v.output_tokens * 3,
  token_count: v.token_count * 3,
  cost: v.cost * 3,
});

export function slow(size = FULL): Line[] {
  const seeds = seedsOf(size, 50_000_000);
  const within = (name: FaultName, logSd: number, limit: number): Line => {
    const delays = seeds.map((seed) => delay({ seed, logSd, healthy: SAMPLES, fault: FAULTS[name], limit }));
    const share = shareWithin(delays, limit);
    return {
      what: `${name}, log-sd ${logSd}`,
      target: `95 % within ${limit}`,
      measured: `${percent(share)}, median ${quantile(delays, 0.5)}`,
      met: share >= 0.95,
    };
  };
  const announced = LOG_SDS.map((logSd): Line => {
    const alarms = seeds.filter(
      (seed) => delay({ seed, logSd, healthy: SAMPLES, fault: tripled, limit: SAMPLES, announce: true }) !== null,
    ).length;
    return {
      what: `announced 3x shift of everything, log-sd ${logSd}: quarantines in ${SAMPLES} samples`,
      target: "none",
      measured: `${alarms} of ${seeds.length}`,
      met: alarms === 0,
    };
  });
  return [
    within("tokens x2", 0.5, 40),
    within("latency x2", 0.5, 40),
    ...LOG_SDS.flatMap((logSd) => [
      within("tokens +1 %/sample", logSd, 150),
      within("latency +1 %/sample", logSd, 150),
    ]),
    ...announced,
    ...LOG_SDS.flatMap((logSd) => newcomer(logSd, seeds, peerPrior(19, logSd, SAMPLES, 90_000_000))),
  ];
}

/** A new agent with 19 peers of its type, ill from its sample 20 on. */
function newcomer(logSd: number, seeds: number[], prior: TypePrior | null): Line[] {
  return (["tokens x100", "tools +40"] as const).map((name) => {
    const delays = seeds.map((seed) =>
      delay({ seed: seed + 7_000_000, logSd, healthy: 20, fault: FAULTS[name], limit: 20, prior }),
    );
    return {
      what: `newcomer with 19 peers, ${name} at sample 20, log-sd ${logSd}`,
      target: "median within 3",
      measured: `median ${quantile(delays, 0.5)}, ${percent(shareWithin(delays, 3))} within 3`,
      met: (quantile(delays, 0.5) ?? 99) <= 3,
    };
  });
}
