import { type Attack, without } from "../attack";
import { failing, flood } from "../faults";

const MINUTE = 60_000;
const shifted = (ms: (sample: number) => number): Pick<Attack, "dodge"> => ({
  dodge: (sick, n, arena) => ({ ...sick, timestamp: arena.now + ms(n) }),
});

/** A clock may be wrong by accident or on purpose; what it stamps is judged all the same. */
export const CLOCK_ATTACKS: readonly Attack[] = [
  {
    name: "a clock eleven minutes slow",
    aim: "keep running without quarantine",
    fault: flood,
    ...shifted(() => -11 * MINUTE),
  },
  {
    name: "a clock an hour slow",
    aim: "keep running without quarantine",
    fault: failing,
    ...shifted(() => -60 * MINUTE),
  },
  {
    name: "a clock a day slow",
    aim: "keep running without quarantine",
    fault: flood,
    ...shifted(() => -1_440 * MINUTE),
  },
  {
    name: "a clock of 1980",
    aim: "keep running without quarantine",
    fault: flood,
    dodge: (sick, n) => ({ ...sick, timestamp: Date.UTC(1980, 0, 1) + n }),
  },
  {
    name: "a clock ten minutes fast",
    aim: "keep running without quarantine",
    fault: flood,
    ...shifted(() => 10 * MINUTE),
  },
  {
    name: "a clock a year fast",
    aim: "keep running without quarantine",
    fault: failing,
    ...shifted(() => 525_600 * MINUTE),
  },
  {
    name: "a clock that jumps forth and back",
    aim: "keep running without quarantine",
    fault: failing,
    ...shifted((n) => (n % 2 === 0 ? -9 * MINUTE : 90_000)),
  },
  {
    name: "a clock that runs backwards",
    aim: "keep running without quarantine",
    fault: failing,
    ...shifted((n) => -n * MINUTE),
  },
  {
    name: "a clock that stands still",
    aim: "keep running without quarantine",
    fault: failing,
    ...shifted((n) => -n * 500),
  },
  {
    name: "late only while it is ill, on time in between",
    aim: "keep running without quarantine",
    fault: flood,
    dodge: (sick, _, arena) => [
      { ...sick, timestamp: arena.now - 15 * MINUTE },
      arena.healthy("mallory-1", { timestamp: arena.now }),
    ],
  },
  { name: "no times at all", aim: "keep running without quarantine", fault: failing, ...without("timestamp") },
];
