import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { FAULTS, healthyAgent } from "@/lib/evals/detection/generate";
import { runBacktest } from "./test-backtest";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "backtest-"));
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

const backtest = (...args: string[]) => runBacktest(folder, args);

async function file(name: string, text: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** Two agents' samples in turn; the second one's tokens are a hundredfold from its sample 300 on. */
function samples(): { agent: string; ts: string; token_count: number; ms: number }[] {
  const agents = [healthyAgent(1, 0.5), healthyAgent(2, 0.5)];
  return Array.from({ length: 620 }, (_, i) => {
    const n = i >> 1;
    const v = agents[i % 2]!();
    const { token_count, latency_ms } = i % 2 === 1 && n >= 300 ? FAULTS["tokens x100"](v, 0) : v;
    return {
      agent: `a${i % 2}`,
      ts: new Date(1_700_000_000_000 + i * 1000).toISOString(),
      token_count,
      ms: Math.round(latency_ms),
    };
  });
}

const asCsv = (rows: object[]) =>
  `${Object.keys(rows[0]!).join(",")}\n${rows.map((r) => Object.values(r).join(",")).join("\n")}\n`;
const asJsonl = (rows: object[]) => rows.map((r) => JSON.stringify(r)).join("\n");
const FLAGS = ["--entity", "agent", "--time", "ts", "--metrics", "token_count,latency_ms=ms"];

describe("backtest", () => {
  it("finds what would have fired, with the row it would have fired at", async () => {
    const { alarms, summary } = await backtest("--input", await file("a.csv", asCsv(samples())), ...FLAGS);
    expect(alarms[0]).toMatchObject({
      entity: "a1",
      row: 601,
      metric: "token_count",
      type: "token_spike",
      would: "quarantine",
    });
    expect(alarms[0]!.time).toBe(samples()[601]!.ts);
    expect(summary).toMatchObject({ rows: 620, entities: 2, quarantined: 1, arl: 1_000_000 });
  });

  it("reads CSV, JSON lines and gzip alike", async () => {
    const csv = asCsv(samples());
    const jsonl = asJsonl(samples());
    const inputs = [
      await file("b.csv", csv),
      await file("b.csv.gz", gzipSync(csv)),
      await file("b.jsonl", jsonl),
      await file("b.jsonl.gz", gzipSync(jsonl)),
    ];
    const reports = [];
    for (const input of inputs) reports.push(await backtest("--input", input, ...FLAGS));
    for (const report of reports) expect(report).toEqual(reports[0]);
  });

  it("only learns from the first rows of each entity", async () => {
    const { alarms } = await backtest(
      "--input",
      await file("c.csv", asCsv(samples())),
      ...FLAGS,
      "--learn-rows",
      "305",
    );
    expect(alarms.every((a) => a.row >= 610)).toBe(true);
  });

  it("judges a column of unknown meaning on both sides, and an empty cell not at all", async () => {
    const rows = Array.from({ length: 800 }, (_, i) => ({
      host: "h",
      at: 1_700_000_000 + i * 60,
      load: i % 50 === 7 ? "" : i > 700 && i < 720 ? -90 : 50 + ((i * 7) % 11),
    }));
    const { alarms } = await backtest(
      "--input",
      await file("d.csv", asCsv(rows)),
      "--entity",
      "host",
      "--time",
      "at",
      "--metrics",
      "load",
      "--arl",
      "10000",
    );
    expect(alarms.find((a) => a.would === "quarantine")).toMatchObject({
      metric: "load",
      type: "gauge_shift",
      row: 701,
    });
    expect(alarms.filter((a) => a.row < 701)).toEqual([]);
  });

  it("takes many rows in its stride: twice as many cost at most three times as much", async () => {
    const agent = healthyAgent(3, 0.5);
    const metrics = "latency_ms,input_tokens,output_tokens,token_count,cost,tool_calls,retries,error";
    const cost = async (count: number) => {
      const rows = Array.from({ length: count }, (_, i) => ({ e: `e${i % 20}`, t: 1_700_000_000 + i, ...agent() }));
      const input = await file("e.csv", asCsv(rows));
      // Time of this process alone, whoever else is at work.
      const before = process.cpuUsage();
      const { summary } = await backtest("--input", input, "--entity", "e", "--time", "t", "--metrics", metrics);
      expect(summary).toMatchObject({ rows: count });
      return process.cpuUsage(before).user;
    };
    const half = await cost(20_000);
    expect(await cost(40_000)).toBeLessThan(3 * half);
  });

  const CSV = "agent,ts,n,ok\na,2024-01-01T00:00:00Z,1,true\n";
  it.each<[string, string, string[], RegExp]>([
    ["a file that is not there", "", ["--input", "/nowhere.csv"], /--input \/nowhere\.csv/],
    ["a file of another kind", "x.txt", [], /must end in .csv, .jsonl/],
    ["an unknown entity column", "x.csv", ["--entity", "who"], /--entity: no column "who"/],
    ["an unknown metrics column", "x.csv", ["--metrics", "m"], /--metrics: no column "m"/],
    ["an unknown vital", "x.csv", ["--metrics", "tokens=n"], /"tokens" in "tokens=n" is not a vitals field/],
    ["an unknown run column", "x.csv", ["--run", "r"], /--run: no column "r"/],
    ["text for a number", "x.csv", ["--metrics", "ok"], /row 0: column "ok" is not a number/],
    ["text for a time", "x.csv", ["--time", "ok"], /row 0: column "ok" \(--time\) is not a time/],
    ["a number for success", "x.csv", ["--success", "ts"], /\(--success\) is neither true nor false/],
    ["an arl of words", "x.csv", ["--arl", "many"], /--arl/],
    ["half a row", "x.csv", ["--learn-rows", "1.5"], /--learn-rows/],
    ["a row that is an array", "x.jsonl", [], /line 1 is not a JSON object/],
    ["a line that is not JSON", "y.jsonl", [], /line 1 .* is not JSON/],
  ])("says plainly what is wrong: %s", async (_, name, flags, message) => {
    const content = name === "x.jsonl" ? "[1]\n" : name === "y.jsonl" ? "{oops\n" : CSV;
    const input = name === "" ? [] : ["--input", await file(name, content)];
    const given = ["--entity", "agent", "--time", "ts", "--metrics", "n"];
    for (let i = 0; i < flags.length; i += 2) {
      const at = given.indexOf(flags[i]!);
      if (at >= 0) given[at + 1] = flags[i + 1]!;
      else given.push(flags[i]!, flags[i + 1]!);
    }
    await expect(backtest(...input, ...given)).rejects.toThrow(message);
  });
});
