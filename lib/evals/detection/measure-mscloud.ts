import { middle } from "@/lib/core/base/stats";
import { Backtest } from "./backtest";
import { type GaugeCounts, gaugeCounts, sumOf } from "./gauge-score";
import { load } from "./measure-real";
import type { Row } from "./rows";
import type { Line } from "./table";

const RECALL_MIN = 0.7;
const FALSE_MAX = 0.5;

/** Series of one family are alike: these count as one. */
const familyOf = (series: string): string => {
  const family = series.split("/")[0]!;
  if (family.startsWith("application-crash-rate")) return "application-crash-rate";
  return family.startsWith("mongodb") ? "mongodb" : family;
};

interface Series {
  family: string;
  rows: Row[];
}

/** Service metrics at the product's default setting, by family, with the robust z that everybody knows beside it. */
export async function mscloud(data: string): Promise<Line[]> {
  const byName = new Map<string, Series>();
  for (const row of await load(data, "ms_cloud_dev/ms_cloud_dev.csv.gz")) {
    const name = String(row["series"]);
    const series = byName.get(name) ?? { family: familyOf(name), rows: [] };
    byName.set(name, series);
    series.rows.push(row);
  }
  const all = [...byName.values()];
  const ours = all.map(({ family, rows }) => ({ family, counts: countsOf(rows, alarmsOf(rows)) }));
  const plain = all.map(({ family, rows }) => ({ family, counts: countsOf(rows, robustAlarms(rows)) }));
  const families = [...new Set(all.map(({ family }) => family))];
  const of = (counts: typeof ours, family: string) =>
    sumOf(counts.filter((one) => one.family === family).map((one) => one.counts));
  const without = (family: string) => sumOf(ours.filter((one) => one.family !== family).map((one) => one.counts));
  const total = sumOf(ours.map((one) => one.counts));
  const rest = families.map(without);
  const target = `recall at least ${RECALL_MIN} at no more than ${FALSE_MAX} false episodes per 1,000 points`;
  return [
    {
      what: "all series, default setting",
      target,
      measured: said(total),
      met: recallOf(total) >= RECALL_MIN && falseOf(total) <= FALSE_MAX,
    },
    {
      what: "the same with each family left out (nothing is fitted here)",
      target: "",
      measured: `recall ${range(rest.map(recallOf))}, false ${range(rest.map(falseOf))}`,
      met: null,
    },
    {
      what: `all series, robust z at ${ROBUST_MADS} MADs, fitted on the whole series`,
      target: "",
      measured: said(sumOf(plain.map((one) => one.counts))),
      met: null,
    },
    ...families.map((family): Line => ({
      what: family,
      target: "",
      measured: `${said(of(ours, family))}; robust z ${said(of(plain, family))}`,
      met: null,
    })),
  ];
}

const labelsOf = (rows: Row[]) => rows.map((row) => row["label"] === "1");
const countsOf = (rows: Row[], alarms: number[]) => gaugeCounts(labelsOf(rows), alarms);
const recallOf = ({ found, runs }: GaugeCounts) => found / runs;
const falseOf = ({ falseEpisodes, points }: GaugeCounts) => (1_000 * falseEpisodes) / points;
const range = (values: number[]) => `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
const said = (c: GaugeCounts) =>
  `${c.runs === 0 ? "no runs" : `${c.found} of ${c.runs} runs (${recallOf(c).toFixed(2)})`}, ${falseOf(c).toFixed(2)} false`;

/** Rows with an alarm of the product's detector. */
function alarmsOf(rows: Row[]): number[] {
  const run = new Backtest({
    columns: { entity: "series", time: "timestamp", metrics: [{ name: "value", column: "value", vital: false }] },
  });
  return rows.flatMap((row, i) => (run.feed(row).length > 0 ? [i] : []));
}

const ROBUST_MADS = 6;
/** Consistent for a normal law (Iglewicz & Hoaglin 1993). */
const MAD_SCALE = 1.4826;
const HOUR_MS = 3_600_000;
const WEEK_HOURS = 168;
/** Hours of the week are told apart where each was seen three times. */
const WEEKS_MIN = 3;

/** The baseline: distance from the median, of the hour of the week where the series is long enough. It sees the whole series. */
function robustAlarms(rows: Row[]): number[] {
  const points = rows.flatMap((row, i) => {
    const value = String(row["value"]);
    return value === "" ? [] : [{ i, at: Date.parse(String(row["timestamp"])), value: Number(value) }];
  });
  const long = points.at(-1)!.at - points[0]!.at > WEEKS_MIN * WEEK_HOURS * HOUR_MS;
  const hourOf = (at: number) => (long ? Math.floor(at / HOUR_MS) % WEEK_HOURS : 0);
  const groups = new Map<number, number[]>();
  for (const { at, value } of points) {
    const group = groups.get(hourOf(at));
    if (group === undefined) groups.set(hourOf(at), [value]);
    else group.push(value);
  }
  const usual = new Map([...groups].map(([hour, values]) => [hour, middle(values)]));
  const off = points.map(({ i, at, value }) => ({ i, off: Math.abs(value - usual.get(hourOf(at))!) }));
  const scale = MAD_SCALE * middle(off.map((one) => one.off));
  return off.flatMap((one) => (one.off > ROBUST_MADS * scale ? [one.i] : []));
}
