import { expect, test } from "vitest";
import { DEFAULT_DETECT_SETTINGS } from "../detection/anomaly";
import { lookAt, type SignalBefore } from "./signal-watch";
import { DEFAULT_SIGNALS } from "./signals";

const START = Date.UTC(2026, 4, 4);
const EVERY_MS = 15_000;

/** Ordinary noise without randomness: the fractional parts of multiples of the golden ratio, even over 0 to 1. */
const noise = (i: number): number => ((i * 0.618_033_988_75) % 1) - 0.5;

const STALE_MS = 300_000;

function watch(
  values: (i: number) => Record<string, number>,
  looks: number,
  { learn = true, problems = () => ({}) }: { learn?: boolean; problems?: (i: number) => Record<string, string> } = {},
) {
  let state = null as Parameters<typeof lookAt>[0];
  let before = new Map<string, SignalBefore>();
  const states: Record<string, string>[] = [];
  const news: string[] = [];
  for (let i = 0; i < looks; i++) {
    const at = START + i * EVERY_MS;
    const looked = lookAt(
      state,
      before,
      { values: values(i), problems: problems(i) },
      { now: at, learn, settings: DEFAULT_DETECT_SETTINGS, specs: DEFAULT_SIGNALS, staleMs: STALE_MS },
    );
    ({ state } = looked);
    before = new Map(
      looked.signals.map((signal) => {
        const { value = null, valueAt = null } = before.get(signal.name) ?? {};
        return [signal.name, { ...signal, ...(signal.value === null ? { value, valueAt } : { valueAt: at }) }];
      }),
    );
    states.push(Object.fromEntries(looked.signals.map((signal) => [signal.name, signal.state])));
    news.push(...looked.signals.flatMap((signal) => (signal.news ? [signal.news] : [])));
  }
  return { states, last: states.at(-1)!, news };
}

const well = (i: number) => ({ up: 1, cpu: 0.1 + 0.02 * noise(i), latency_p90: 0.2 + 0.05 * noise(i + 7) });

test("what is well stays in its band, without news", () => {
  const { last, news } = watch(well, 2_000);
  expect(last).toMatchObject({ up: "in_band", cpu: "in_band", latency_p90: "in_band", memory: "unknown" });
  expect(news).toEqual([]);
});

test("a limit is crossed at once, and left at once", () => {
  const { states } = watch((i) => ({ ...well(i), cpu: i === 50 ? 0.9 : 0.1 }), 52);
  expect(states.slice(49).map(({ cpu }) => cpu)).toEqual(["in_band", "over_limit", "in_band"]);
});

test("no data is unknown, never well", () => {
  const { last } = watch((i) => (i < 100 ? well(i) : ({} as Record<string, number>)), 101);
  expect(new Set(Object.values(last))).toEqual(new Set(["unknown"]));
});

test("a level below its limit but far off what is usual is out of band, and told once", () => {
  const { last, news } = watch((i) => ({ ...well(i), latency_p90: well(i).latency_p90 + (i < 500 ? 0 : 1.2) }), 520);
  expect(last["latency_p90"]).toBe("out_of_band");
  expect(news).toHaveLength(1);
  expect(news[0]).toMatch(/^Latency \(p90\) at 1\.\d+ s, usually \d+ ms to \d+ ms$/);
});

test("nothing is learned while told not to", () => {
  const { last } = watch(well, 100, { learn: false });
  expect(last["cpu"]).toBe("learning");
});

test("a signal that cannot be read keeps its state for a while, then is unknown; the others stand", () => {
  const refused = 200;
  const { states } = watch(
    (i) => (i < refused ? { ...well(i), cpu: 0.9 } : { up: 1, latency_p90: well(i).latency_p90 }),
    refused + 30,
    { problems: (i): Record<string, string> => (i < refused ? {} : { cpu: "answered 422" }) },
  );
  const stale = refused - 1 + STALE_MS / EVERY_MS;
  expect(states.slice(refused, stale).map(({ cpu }) => cpu)).toEqual(Array(stale - refused).fill("over_limit"));
  expect(states.slice(stale).map(({ cpu }) => cpu)).toEqual(Array(refused + 30 - stale).fill("unknown"));
  expect(new Set(states.slice(refused).map(({ up, latency_p90 }) => `${up} ${latency_p90}`))).toEqual(
    new Set(["in_band learning"]),
  );
});

test("one that was never read is unknown, with its reason", () => {
  const { signals } = lookAt(
    null,
    new Map(),
    { values: { up: 1 }, problems: { errors: "answered 401" } },
    { now: START, learn: true, settings: DEFAULT_DETECT_SETTINGS, specs: DEFAULT_SIGNALS, staleMs: STALE_MS },
  );
  expect(signals.find(({ name }) => name === "errors")).toMatchObject({ state: "unknown", problem: "answered 401" });
  expect(signals.filter(({ problem }) => problem !== null)).toHaveLength(1);
});
