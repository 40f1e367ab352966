import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Backtest } from "./backtest";
import { load } from "./measure-real";
import { NAB_PROFILES, nabScore, type ScoredSeries, unscored } from "./nab-score";
import type { Line } from "./table";

/** Settings at which gauges are reported: the product's default, and two that an operator may choose. No label chose them. */
const SETTINGS = [
  { name: "default setting", arl: undefined },
  { name: "--arl 1000", arl: 1e3 },
  { name: "--arl 10000", arl: 1e4 },
] as const;
const NAB_MIN = 60;

export async function nab(data: string): Promise<Line[]> {
  const rows = await load(data, "nab/nab_dev.csv.gz");
  const windows = JSON.parse(await readFile(join(data, "nab/combined_windows.json"), "utf8")) as Record<
    string,
    [string, string][]
  >;
  const times = new Map<string, number[]>();
  for (const row of rows) times.set(String(row["file"]), []);
  for (const row of rows) times.get(String(row["file"]))!.push(momentOf(String(row["timestamp"])));
  return SETTINGS.map(({ name, arl }): Line => {
    const run = new Backtest({
      columns: { entity: "file", time: "timestamp", metrics: [{ name: "value", column: "value", vital: false }] },
      arl,
    });
    const alerts = new Map<string, number[]>();
    const counts = new Map<string, number>();
    for (const row of rows) {
      const file = String(row["file"]);
      const i = counts.get(file) ?? 0;
      counts.set(file, i + 1);
      const mine = alerts.get(file) ?? [];
      alerts.set(file, mine);
      if (run.feed(row).length > 0) mine.push(i);
    }
    const series = [...alerts].map(([file, found]): ScoredSeries => ({
      rows: counts.get(file)!,
      windows: (windows[file] ?? []).map(([from, to]) => [
        times.get(file)!.findIndex((t) => t >= momentOf(from)),
        times.get(file)!.findLastIndex((t) => t <= momentOf(to)),
      ]),
      alerts: found,
    }));
    const score = nabScore(series, NAB_PROFILES.standard);
    const isDefault = arl === undefined;
    return {
      what: `NAB, ${name}`,
      target: isDefault ? `standard at least ${NAB_MIN}` : "",
      measured: nabLine(series),
      met: isDefault ? score >= NAB_MIN : null,
    };
  });
}

const momentOf = (text: string) => Date.parse(`${text.slice(0, 19).replace(" ", "T")}Z`);

function nabLine(series: ScoredSeries[]): string {
  let caught = 0;
  let total = 0;
  let outside = 0;
  for (const { rows, windows, alerts } of series) {
    const scored = alerts.filter((row) => row >= unscored(rows));
    total += windows.length;
    caught += windows.filter(([a, b]) => scored.some((row) => row >= a && row <= b)).length;
    outside += scored.filter((row) => !windows.some(([a, b]) => row >= a && row <= b)).length;
  }
  const [standard, low] = [NAB_PROFILES.standard, NAB_PROFILES.lowFalsePositives].map((weight) =>
    nabScore(series, weight).toFixed(1),
  );
  return `standard ${standard}, low-FP ${low}; ${caught} of ${total} windows, ${outside} alerts outside`;
}

const SERVERS = ["omi-1", "omi-2", "omi-3", "omi-4", "omi-5", "omi-6"] as const;
const MINUTES_5 = 300_000;

/** Servers with many metrics each: training rows are learned from, test rows scored, without point adjustment. */
export async function asd(data: string): Promise<Line[]> {
  const files = await Promise.all(SERVERS.map((name) => load(data, `asd_interfusion/${name}.csv.gz`)));
  return SETTINGS.map(({ name, arl }): Line => {
    let hits = 0;
    let alarms = 0;
    let segments = 0;
    let found = 0;
    for (const rows of files) {
      const metrics = Object.keys(rows[0]!)
        .filter((c) => c.startsWith("m"))
        .map((c) => ({ name: c, column: c, vital: false }));
      const learnRows = rows.filter((row) => row["split"] === "train").length;
      const run = new Backtest({ columns: { entity: "server", time: "at", metrics }, arl, learnRows });
      let inside = false;
      let caught = false;
      rows.forEach((row, i) => {
        const told = run.feed({ ...row, server: "s", at: i * MINUTES_5 + YEAR_2020 });
        if (row["split"] !== "test") return;
        const ill = row["label"] === "1";
        if (ill && !inside) segments++;
        if (!ill) caught = false;
        inside = ill;
        if (told.length === 0) return;
        alarms++;
        if (!ill) return;
        hits++;
        if (!caught) found++;
        caught = true;
      });
    }
    const precision = alarms === 0 ? 0 : hits / alarms;
    return {
      what: `ASD, ${name}`,
      target: "",
      measured: `${found} of ${segments} anomalies found, ${alarms} alarm rows, precision ${precision.toFixed(2)}`,
      met: null,
    };
  });
}

/** The files name no times: samples every five minutes from any Monday-free date on. */
const YEAR_2020 = Date.UTC(2020, 0, 6);
