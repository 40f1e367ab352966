import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { BacktestReport } from "@/lib/evals/detection/backtest";
import { healthyAgent, random } from "@/lib/evals/detection/generate";
import { runBacktest } from "./test-backtest";

/** Files as people export them: read right, or refused by name, never judged as something else. */
let folder: string;
const printed: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "backtest-reading-"));
  vi.spyOn(process.stdout, "write").mockImplementation((line) => printed.push(String(line)) > 0);
});
afterEach(() => {
  printed.length = 0;
});
afterAll(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

const backtest = (...args: string[]) => runBacktest(folder, args);

const START = Date.UTC(2026, 2, 2);
const ROWS = 400;
const ILL = 350;
interface Sample {
  at: number;
  tokens: number;
}
/** One agent, a row a minute; a single row has a hundred times the tokens. */
const samples: Sample[] = (() => {
  const agent = healthyAgent(5, 0.4);
  return Array.from({ length: ROWS }, (_, i) => ({
    at: START + i * 60_000,
    tokens: agent().token_count * (i === ILL ? 100 : 1),
  }));
})();
const iso = ({ at }: Sample) => new Date(at).toISOString();
const csv = (time: (s: Sample) => string, tokens: (s: Sample) => string = (s) => String(s.tokens), separator = ",") =>
  [["ts", "agent", "tokens"], ...samples.map((s) => [time(s), "helper", tokens(s)])]
    .map((row) => row.join(separator))
    .join("\n");
const jsonl = (of: (s: Sample) => object) => samples.map((s) => JSON.stringify(of(s))).join("\n");
const date = (s: Sample, order: "dmy" | "mdy", separator: string) => {
  const [y, m, d] = iso(s).slice(0, 10).split("-") as [string, string, string];
  return `${(order === "dmy" ? [d, m, y] : [m, d, y]).join(separator)} ${iso(s).slice(11, 19)}`;
};
const utf16 = (text: string, mark: boolean) => Buffer.from((mark ? "\ufeff" : "") + text, "utf16le");
const bigEndian = (text: string) => utf16(text, true).swap16();
/** Over several days, so that dates tell their order. */
const days = (order: "dmy" | "mdy") =>
  csv((s) => date({ ...s, at: START + ((s.at - START) / 60_000) * 3_600_000 }, order, "/"));

async function run(name: string, content: string | Buffer, ...more: string[]): Promise<BacktestReport> {
  const input = join(folder, name);
  await writeFile(input, content);
  const given = ["--entity", "agent", "--time", "ts", "--metrics", "tokens"];
  for (let i = 0; i < more.length; i += 2) {
    const at = given.indexOf(more[i]!);
    if (at >= 0) given[at + 1] = more[i + 1]!;
    else given.push(more[i]!, more[i + 1]!);
  }
  return backtest("--input", input, ...given);
}

const plain = csv(iso);
const spaced = (s: Sample) => iso(s).replace("T", " ").slice(0, 19);
const reversed = (text: string) => {
  const [header, ...rows] = text.split("\n");
  return [header, ...rows.toReversed()].join("\n");
};

describe("is read right", () => {
  it.each<[string, string, string | Buffer, string[]]>([
    ["plain CSV", "a.csv", plain, []],
    ["an upper-case name", "A.CSV", plain, []],
    ["packed, whatever it is called", "b.csv", gzipSync(plain), []],
    ["a byte order mark", "c.csv", `\ufeff${plain}`, []],
    ["UTF-16 with a mark", "d.csv", utf16(plain, true), []],
    ["UTF-16 without a mark", "e.csv", utf16(plain, false), []],
    ["UTF-16, big end first", "f.csv", bigEndian(plain), []],
    ["Windows' line ends", "g.csv", plain.replaceAll("\n", "\r\n"), []],
    ["semicolons", "h.csv", csv(iso, undefined, ";"), []],
    ["tabs", "i.tsv", csv(iso, undefined, "\t"), []],
    ["a spreadsheet's line that says what separates", "j.csv", `sep=;\n${csv(iso, undefined, ";")}`, []],
    ["a header with blanks", "k.csv", plain.replace("ts,agent,tokens", "ts , agent, tokens"), []],
    ["a header that comes again", "l.csv", plain.replace(/\n(?=2026-03-02T02)/, "\nts,agent,tokens\n"), []],
    ["rows of nothing but commas", "m.csv", `${plain}\n,,\n,,`, []],
    ["thousands with commas", "n.csv", csv(iso, (s) => `"${(s.tokens + 0.5).toLocaleString("en-US")}"`), []],
    ["decimal commas", "o.csv", csv(iso, (s) => `${s.tokens},5`, ";"), []],
    [
      "decimal commas and points between thousands",
      "p.csv",
      csv(iso, (s) => (s.tokens + 0.5).toLocaleString("de-DE"), ";"),
      [],
    ],
    [
      "blanks between thousands",
      "q.csv",
      csv(iso, (s) => `${s.tokens}`.replace(/(?<=\d)(?=(?:\d{3})+$)/g, "\u00a0")),
      [],
    ],
    ["PostgreSQL's times", "r.csv", csv((s) => `${spaced(s)}+00`), []],
    ["BigQuery's times", "s.csv", csv((s) => `${spaced(s)} UTC`), []],
    ["seconds", "t.csv", csv((s) => String(s.at / 1e3)), []],
    ["microseconds", "u.csv", csv((s) => `${s.at}000`), []],
    ["nanoseconds", "v.csv", csv((s) => `${s.at}000000`), []],
    ["a spreadsheet's days", "w.csv", csv((s) => (s.at / 86_400_000 + 25_569).toFixed(6)), []],
    ["dates with points", "x.csv", csv((s) => date(s, "dmy", ".")), []],
    ["dates whose order is said", "y.csv", csv((s) => date(s, "dmy", "/")), ["--dates", "dmy"]],
    ["months first, said", "z.csv", csv((s) => date(s, "mdy", "/")), ["--dates", "mdy"]],
    ["newest first", "aa.csv", reversed(plain), []],
    ["JSON lines", "a.jsonl", jsonl((s) => ({ ts: iso(s), agent: "helper", tokens: s.tokens })), []],
    [
      "JSON lines with a mark",
      "b.jsonl",
      `\ufeff${jsonl((s) => ({ ts: iso(s), agent: "helper", tokens: s.tokens }))}`,
      [],
    ],
    [
      "JSON lines in UTF-16",
      "c.NDJSON",
      utf16(
        jsonl((s) => ({ ts: iso(s), agent: "helper", tokens: s.tokens })),
        true,
      ),
      [],
    ],
    [
      "a path in JSON",
      "d.jsonl",
      jsonl((s) => ({ at: { $date: iso(s) }, agent: { id: "helper" }, usage: { tokens: s.tokens } })),
      ["--time", "at.$date", "--entity", "agent.id", "--metrics", "usage.tokens"],
    ],
    [
      "a name with a point in JSON",
      "e.jsonl",
      jsonl((s) => ({ ts: iso(s), agent: "helper", "usage.tokens": s.tokens })),
      ["--metrics", "usage.tokens"],
    ],
    [
      "nanoseconds in JSON",
      "f.jsonl",
      jsonl((s) => ({ ts: 0, agent: "helper", tokens: s.tokens, at: s.at })).replace(/"at":(\d+)/g, '"at":$1000000'),
      ["--time", "at"],
    ],
  ])("%s", async (_, name, content, more) => {
    const { alarms, summary } = await run(name, content, ...more);
    expect(summary).toMatchObject({ rows: ROWS, entities: 1, quarantined: 1 });
    const alarm = alarms.find(({ would }) => would === "quarantine")!;
    expect(alarm.row).toBe(name === "aa.csv" ? ROWS - 1 - ILL : ILL);
    expect(alarm.time).toBe(iso(samples[ILL]!));
    expect(alarm.value).toBeCloseTo(samples[ILL]!.tokens, -1);
  });

  it("dates, days or months first, by those that can be read in one way only, or by their order", async () => {
    for (const order of ["dmy", "mdy"] as const) {
      const { alarms } = await run("dates.csv", days(order));
      expect(alarms.find(({ would }) => would === "quarantine")!.time).toBe(
        new Date(START + ILL * 3_600_000).toISOString(),
      );
    }
  });

  it("ids of 19 digits, all of them", async () => {
    const id = (i: number) => `123456789012345678${i % 2}`;
    const lines = samples.map(
      (s, i) => `{"ts":"${iso(s)}","agent":${id(i)},"tokens":${s.tokens},"note":"1234567890123456789"}`,
    );
    expect((await run("ids.jsonl", lines.join("\n"))).summary.entities).toBe(2);
  });

  it("blank cells as missing, and words for nothing too", async () => {
    const blanks = ["   ", "NULL", "\\N", "#N/A", "\u00a0", "-"];
    const text = csv(iso, (s) =>
      (s.at / 60_000) % 5 === 3 ? blanks[((s.at / 300_000) % blanks.length) | 0]! : String(s.tokens),
    );
    const healthy = text.split("\n").filter((_, i) => i !== ILL + 1);
    expect((await run("blanks.csv", healthy.join("\n"))).summary).toMatchObject({ quarantined: 0, rows: ROWS - 1 });
  });

  it("rows out of order, in the order of their times", async () => {
    const [header, ...rows] = plain.split("\n");
    const next = random(3);
    const shuffled = rows.map((row) => ({ row, key: next() })).toSorted((a, b) => a.key - b.key);
    const { alarms } = await run("shuffled.csv", [header, ...shuffled.map(({ row }) => row)].join("\n"));
    expect(alarms.find(({ would }) => would === "quarantine")!.time).toBe(iso(samples[ILL]!));
    expect(printed.join("")).toMatch(/not in time order and were sorted/);
  });
});

describe("is named", () => {
  it.each<[string, string, string, string[], RegExp]>([
    [
      "a column that no JSON line has",
      "a.jsonl",
      jsonl((s) => ({ ts: iso(s), agent: "helper", usage: { prompt_tokens: s.tokens } })),
      ["--metrics", "usage.promt_tokens"],
      /--metrics: no column "usage\.promt_tokens" .* it has ts, agent, usage\.prompt_tokens/,
    ],
    [
      "an optional column that no JSON line has",
      "b.jsonl",
      jsonl((s) => ({ ts: iso(s), agent: "helper", tokens: s.tokens })),
      ["--model", "model"],
      /--model: no column "model"/,
    ],
    [
      "a column that is empty throughout",
      "c.csv",
      csv(iso, () => " "),
      [],
      /--metrics: column "tokens" is empty in all 400 rows/,
    ],
    [
      "two columns of one name",
      "d.csv",
      plain.replace("ts,agent,tokens", "ts,agent,tokens,tokens").replaceAll(/(\n.*)/g, "$1,5"),
      [],
      /the header has two columns called "tokens"/,
    ],
    [
      "dates that may be read in two ways",
      "e.csv",
      csv((s) => date(s, "dmy", "/")),
      [],
      /--time: column "ts" holds 02\/03\/2026 .* --dates dmy or --dates mdy/,
    ],
    [
      "dates of both orders",
      "f.csv",
      `${csv((s) => date(s, "dmy", "/"))}\n28/02/2026,helper,1\n02/28/2026,helper,1`,
      [],
      /days first and months first/,
    ],
    [
      "a number with a comma that may mean two things",
      "g.csv",
      csv(iso, () => "1,234", ";"),
      [],
      /1,234, which may mean 1234 or 1\.234/,
    ],
    [
      "both kinds of decimals",
      "h.csv",
      csv(iso, (s) => (s.at % 120_000 ? "9,5" : "9.5"), ";"),
      [],
      /a decimal comma and others with a decimal point/,
    ],
    [
      "ids of which a spreadsheet lost digits",
      "i.csv",
      plain.replaceAll("helper", "1.23457E+18"),
      [],
      /--entity: .* lost the digits/,
    ],
    ["an unknown order of dates", "j.csv", plain, ["--dates", "ymd"], /must be dmy or mdy/],
    [
      "a list for a number",
      "k.jsonl",
      jsonl((s) => ({ ts: iso(s), agent: "helper", tokens: [s.tokens] })),
      [],
      /row 0: column "tokens" is not a number/,
    ],
    [
      "a time of day alone",
      "l.csv",
      csv((s) => iso(s).slice(11, 19)),
      [],
      /row 0: column "ts" \(--time\) is not a time: "00:00:00"/,
    ],
    [
      "a time that is none, later on",
      "m.csv",
      `${plain}\nsoon,helper,5`,
      [],
      /row 400: column "ts" \(--time\) is not a time: "soon"/,
    ],
  ])("%s", async (_, name, content, more, message) => {
    await expect(run(name, content, ...more)).rejects.toThrow(message);
  });

  it("a file too short to judge anything", async () => {
    const { summary } = await run("short.csv", plain.split("\n").slice(0, 4).join("\n"));
    expect(summary).toMatchObject({ rows: 3, judged: 0 });
    expect(printed.join("")).toMatch(/nothing was evaluated/);
  });
});

describe("what a column is judged as", () => {
  const rows = (of: (i: number) => string | number) =>
    ["ts,agent,x", ...samples.map((s, i) => `${iso(s)},helper,${of(i)}`)].join("\n");

  it.each([
    ["success", "true", "false"],
    ["success", "1", "0"],
    ["error", "0", "1"],
    ["error", "false", "true"],
  ])("%s is the vital of that name, also as %s", async (name, good, bad) => {
    const text = rows((i) => (i >= ILL ? bad : good)).replace("agent,x", `agent,${name}`);
    const { alarms } = await run("vital.csv", text, "--metrics", name);
    const held = alarms.find(({ would }) => would === "quarantine");
    expect(held).toMatchObject({ metric: "error", type: "error_rate_spike" });
    expect(held!.row).toBeLessThan(ILL + 10);
    const mapped = await run(
      "mapped.csv",
      rows((i) => (i >= ILL ? bad : good)),
      "--metrics",
      `${name}=x`,
    );
    expect(mapped.alarms[0]).toMatchObject({ metric: "error" });
  });

  it("one that takes few values is not held at its first rare one, and is once they keep coming", async () => {
    const held = { healthy: 0, ill: 0 };
    const kinds: ((u: number) => number)[] = [
      (u) => Number(u < 0.01),
      (u) => Number(u < 0.97),
      (u) => (u < 0.95 ? 200 : u < 0.99 ? 404 : 500),
      (u) => Math.floor(Math.log(u) / Math.log(0.3)),
    ];
    const turned: ((u: number) => number)[] = [(u) => Number(u < 0.9), (u) => Number(u < 0.1), () => 500, (u) => Math.floor(Math.log(u) / Math.log(0.85))]; // prettier-ignore
    for (const [kind, of] of kinds.entries())
      for (let seed = 1; seed <= 10; seed++)
        for (const ill of [false, true]) {
          const next = random(100 * kind + seed);
          const { summary } = await run(
            "few.csv",
            rows((i) => (ill && i >= 300 ? turned[kind]! : of)(next())),
            "--metrics",
            "x",
          );
          held[ill ? "ill" : "healthy"] += summary.quarantined;
        }
    expect(held).toEqual({ healthy: 0, ill: 40 });
  });
});
