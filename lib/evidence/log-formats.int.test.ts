import { appendFile, mkdir, mkdtemp, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fetchLogs } from "./logs";
import { fileLogs } from "./logs-files";

/** 2026-11-27 14:38:30 UTC, a Friday: the end of the window, and when files were written. */
const TO = Date.UTC(2026, 10, 27, 14, 38, 30) / 1_000;
const FROM = TO - 210;
/** Twelve faults, from 14:35:18 on, each 15 s later. */
const FAULTS = Array.from({ length: 12 }, (_, i) => ({
  t: TO - 192 + i * 15,
  text: `connection pool exhausted waiting ${i}`,
}));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "formats-"));
});
afterAll(() => rm(folder, { recursive: true }));

let places = 0;
async function place(files: Record<string, string | Buffer>, writtenAt = TO): Promise<string> {
  const path = join(folder, String(places++));
  for (const [name, body] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), body);
    await utimes(join(path, name), writtenAt, writtenAt);
  }
  return path;
}
const look = (path: string, timeZone = "UTC", node = "shop") =>
  fileLogs({ source: "log files", path, timeZone }).read({ node, from: FROM, to: TO, limit: 1_000 });
async function faultsIn(path: string, timeZone = "UTC", node = "shop"): Promise<number> {
  const looked = await look(path, timeZone, node);
  if (!looked.ok) throw new Error(looked.reason);
  return looked.value.filter(({ line, t }) => FAULTS.some((one) => line.includes(`${one.text.slice(12)}`) && Math.abs(one.t - t) < 1)).length; // prettier-ignore
}

const two = (n: number) => String(n).padStart(2, "0");
/** Parts of a time as a clock shows it that is so many minutes ahead of UTC. */
function shown(t: number, ahead = 0) {
  const d = new Date((t + ahead * 60) * 1_000);
  const [y, mo, day, h] = [d.getUTCFullYear(), two(d.getUTCMonth() + 1), two(d.getUTCDate()), d.getUTCHours()];
  const ms = `${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
  return {
    date: `${y}-${mo}-${day}`,
    y,
    mo,
    day,
    time: `${two(h)}:${ms}`,
    pm: `${h % 12 || 12}:${ms} ${h < 12 ? "AM" : "PM"}`,
  };
}
type Line = (t: number, text: string) => string;
const iso: Line = (t, text) => `${new Date(t * 1_000).toISOString()} ERROR ${text}`;
const klog: Line = (t, text) => `E1127 ${shown(t).time}.123456       1 pool.go:1] ${text}`;
const syslog: Line = (t, text) => `Nov 27 ${shown(t).time} host app[7]: ${text}`;
const bodyOf = (line: Line, before: string[] = []) => [...before, ...FAULTS.map(({ t, text }) => line(t, text)), ""].join("\n"); // prettier-ignore

describe("twelve of twelve faults are read", () => {
  const bad = TO - 202;
  test.each<[what: string, body: string, timeZone?: string]>([
    ["klog, with a later date in its text", bodyOf(klog, [
      ...Array.from({ length: 10 }, (_, i) => `I1127 14:2${Math.floor(i / 6)}:${two((i % 6) * 10)}.123456       1 kubelet.go:1] healthy ${i}`),
      klog(bad, '"Certificate expiration is 2030-06-30 02:55:19 +0000 UTC, rotation deadline is 2030-05-01 00:00:00 +0000 UTC"'),
    ])],
    ["syslog, with a later date in its text", bodyOf(syslog, [syslog(bad, "tls: certificate valid until 2031-01-01 00:00:00")])],
    ["continuation lines with dates", bodyOf(iso, [iso(bad, "licence check"), "  valid from 2020-01-01 00:00:00", "  valid until 2032-01-01 00:00:00"])],
    ["a continuation line with a number", bodyOf(iso, [iso(bad, "could not charge"), "5551234567 is not a known customer"])],
    ["one line of a clock that is a day ahead", bodyOf(iso, [iso(TO + 80_000, "from another host")])],
    ["PostgreSQL at +03", bodyOf((t, text) => `${shown(t, 180).date} ${shown(t, 180).time}.835 +03 [77] ERROR:  ${text}`)],
    ["PostgreSQL at EST", bodyOf((t, text) => `${shown(t, -300).date} ${shown(t, -300).time}.835 EST [77] ERROR:  ${text}`)],
    ["Python in local time", bodyOf((t, text) => `${shown(t, -300).date} ${shown(t, -300).time},835 - app - ERROR - ${text}`), "America/New_York"],
    ["MongoDB", bodyOf((t, msg) => JSON.stringify({ t: { $date: `${shown(t).date}T${shown(t).time}.835+00:00` }, s: "E", c: "NETWORK", id: 22943, ctx: "listener", msg, attr: { waiting: 0 } }))],
    ["Apache", bodyOf((t, text) => `[Fri Nov 27 ${shown(t).time}.123456 2026] [core:error] [pid 7] ${text}`)],
    ["Redis", bodyOf((t, text) => `1:M 27 Nov 2026 ${shown(t).time}.123 # ${text}`)],
    ["Tomcat", bodyOf((t, text) => `27-Nov-2026 ${shown(t).time}.123 SEVERE [main] ${text}`)],
    ["zap", bodyOf((t, text) => `${((t + 0.835) / 1e9).toFixed(16)}e+9\tERROR\tpool.go:1\t${text}`)],
    ["US dates", bodyOf((t, text) => `11/27/2026 ${shown(t).time} ERROR ${text}`)],
    ["US dates with AM and PM", bodyOf((t, text) => `11/27/2026 ${shown(t).pm} ERROR ${text}`)],
    ["day first", bodyOf((t, text) => `27/11/2026 ${shown(t).time} ERROR ${text}`)],
    ["journald", bodyOf((t, text) => JSON.stringify({ __REALTIME_TIMESTAMP: String((t + 0.835) * 1e6), PRIORITY: "3", MESSAGE: text }))],
    ["time of day only", bodyOf((t, text) => `${shown(t).time}.123 [main] ERROR c.s.Pool - ${text}`)],
    ["time of day only, since yesterday", bodyOf((t, text) => `${shown(t).time}.123 ERROR ${text}`, ["15:00:00.000 INFO a", "23:59:59.000 INFO b", "00:00:01.000 INFO c", "14:20:00.000 INFO d"])],
    ["time of day only, in local time", bodyOf((t, text) => `[${shown(t, -300).time} ERR] ${text}`), "America/New_York"],
    ["java.util.logging, two lines each", bodyOf((t, text) => `Nov 27, 2026 ${shown(t).pm} org.shop.Pool take\nSEVERE: ${text}`)],
    ["Oracle, the time on a line of its own", bodyOf((t, text) => `Fri Nov 27 ${shown(t).time} 2026\n${text}`)],
    ["MySQL's slow log", bodyOf((t, text) => `# Time: ${new Date(t * 1_000).toISOString()}\n# Query_time: 9.1\nselect 1 /* ${text} */;`)],
    ["W3C of IIS, in UTC wherever it is", bodyOf((t, text) => `${shown(t).date} ${shown(t).time} 10.0.0.1 GET /cart ${text.replaceAll(" ", "+")} 500`, ["#Software: Microsoft Internet Information Services 10.0", "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query sc-status"]).replaceAll("+", " "), "America/New_York"],
    ["W3C with the time further on", bodyOf((t, text) => `10.0.0.1 ${shown(t).date} ${shown(t).time} GET /cart 500 ${text}`, ["#Fields: c-ip date time cs-method cs-uri-stem sc-status x-text"])],
    ["containers in parts", bodyOf((t, text) => { const at = `${shown(t).date}T${shown(t).time}.123456789Z`; return `${at} stdout P ${text.slice(0, 20)}\n${at} stdout F ${text.slice(20)}`; })],
    ["access and error lines in one file", bodyOf((t, text) => (t % 2 ? `10.0.0.1 - - [27/Nov/2026:${shown(t).time} +0000] "GET /" 502 ${text}` : `2026/11/27 ${shown(t).time} [error] 7#7: ${text}`))],
    ["the newest line first", FAULTS.toReversed().map(({ t, text }) => iso(t, text)).join("\n")],
  ])("%s", async (_, body, timeZone) => {
    expect(await faultsIn(await place({ "shop.log": body }), timeZone)).toBe(12);
  }); // prettier-ignore

  test("in UTF-16, with a byte order mark, and packed", async () => {
    const body = bodyOf((t, text) => iso(t, `${text} é 订单`));
    const utf16 = Buffer.from(`\ufeff${body}`, "utf16le");
    expect(await faultsIn(await place({ "shop.log": utf16 }))).toBe(12);
    expect(await faultsIn(await place({ "shop.log": utf16.subarray(2) }))).toBe(12);
    expect(await faultsIn(await place({ "shop.log": Buffer.from(utf16).swap16() }))).toBe(12);
    expect(
      await faultsIn(await place({ "shop.log": `\ufeff${bodyOf((t, msg) => JSON.stringify({ time: t, msg }))}` })),
    ).toBe(12);
    expect(await faultsIn(await place({ "shop.log.1.gz": gzipSync(body) }))).toBe(12);
    expect(await faultsIn(await place({ "shop.log.1.gz": Buffer.concat([gzipSync(body.slice(0, 300)), gzipSync(body.slice(300))]) }))).toBe(12); // prettier-ignore
  });

  test("of a large file, in which the format changes and single lines tell other times", async () => {
    const path = await place({ "shop.log": "" });
    const file = join(path, "shop.log");
    const long = "x".repeat(200);
    const block = (from: number, line: Line) =>
      Array.from({ length: 20_000 }, (_, i) => (i % 100 === 50 ? `2031-01-01 00:00:00 until then\n${line(from + i, long)}` : line(from + i, long))).join("\n"); // prettier-ignore
    await appendFile(file, `${block(TO - 80_000, syslog)}\n${block(TO - 41_000, iso)}\n`);
    await appendFile(
      file,
      `${bodyOf(iso)}${Array.from({ length: 2_000 }, (_, i) => iso(TO + 10 + i, long)).join("\n")}`,
    );
    await utimes(file, TO + 2_010, TO + 2_010);
    const config = { source: "log files", path, maxBytes: 2 * 1024 * 1024 };
    const looked = await fileLogs(config).read({ node: "shop", from: FROM, to: TO, limit: 1_000 });
    expect(looked).toMatchObject({ ok: true, truncated: false });
    expect(looked.ok && looked.value.length).toBe(12);
  });

  test("a trace and other lines without a time stay with the line before", async () => {
    const lines = FAULTS.flatMap(({ t, text }) => [
      iso(t, text),
      "java.lang.IllegalStateException: no",
      "\tat org.shop.Pool",
    ]);
    const looked = await look(await place({ "shop.log": lines.join("\n") }));
    expect(looked.ok && looked.value.map(({ t }) => t)).toEqual(FAULTS.flatMap(({ t }) => [t, t, t]));
  });
});

describe("what cannot be read is said", () => {
  const reason = async (body: string | Buffer, name = "shop.log") => {
    const { couldNotLook } = await fetchLogs([fileLogs({ source: "log files", path: await place({ [name]: body }) })], {
      node: "shop",
      from: FROM,
      to: TO,
      limit: 100,
    });
    return couldNotLook.map((one) => `${one.source}: ${one.reason}`).join("; ");
  };
  test.each<[string, string | Buffer, RegExp, string?]>([
    ["no times", "one\ntwo", /^log files: shop\.log: no line has a readable timestamp$/],
    ["seconds since boot", "[    1.234567] usb\n[    2.234567] usb", /no line has a readable timestamp/],
    ["local time behind", bodyOf((t, text) => `${shown(t, -300).date} ${shown(t, -300).time} ERROR ${text}`), /have no time zone and end 5 h 0 min before it was last written: set LOG_TIME_ZONE/],
    ["local time ahead", bodyOf((t, text) => `${shown(t, 180).date} ${shown(t, 180).time} ERROR ${text}`), /end 3 h 0 min after it was last written/],
    ["local time of day", bodyOf((t, text) => `${shown(t, -300).time} ERROR ${text}`), /end 5 h 0 min before/],
    ["packed otherwise", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), /compressed with xz; only gzip is supported/, "shop.log.1.xz"],
    ["a packed file that ends too early", gzipSync(bodyOf(iso)).subarray(0, 60), /shop\.log\.1\.gz: "unexpected end of file"/, "shop.log.1.gz"],
  ])("%s", async (_, body, expected, name) => expect(await reason(body, name)).toMatch(expected)); // prettier-ignore

  test("of a packed file that ends too early, what could be unpacked stands, and the rest is named", async () => {
    const noise = Array.from({ length: 40_000 }, (_, i) => iso(TO + 20 + i, Math.sin(i).toString(36))).join("\n");
    const packed = gzipSync(`${bodyOf(iso)}${noise}`);
    const path = await place({ "shop.log.1.gz": packed.subarray(0, packed.length - 1_000) });
    const to = TO + 100_000;
    const looked = await fileLogs({ source: "f", path }).read({ node: "shop", from: FROM, to, limit: 100_000 });
    expect(looked).toMatchObject({
      missing: [{ reason: expect.stringMatching(/decompressed only in part: unexpected end/) }],
    });
    expect(looked.ok && looked.value.length).toBeGreaterThan(12);
  });

  test("an unread file beside a good one is named, and the good one's lines stand", async () => {
    const looked = await look(await place({ "shop.log": bodyOf(iso), "shop.log.1": "no times" }));
    expect(looked).toMatchObject({
      ok: true,
      missing: [{ source: "log files", reason: "shop.log.1: no line has a readable timestamp" }],
    });
    expect(looked.ok && looked.value.length).toBe(12);
  });

  test("a quiet file, a copied one and an empty one are no reason to complain", async () => {
    const old = await place({ "shop.log": iso(TO - 3_000, "quiet") });
    const copied = await place({ "shop.log": `${shown(TO - 90_000).date} ${shown(TO - 90_000).time} copied` });
    for (const path of [old, copied, await place({ "shop.log": "" })])
      expect(await look(path)).toEqual({ ok: true, source: "log files", truncated: false, value: [] });
  });

  test("a file that was set up in advance, and cut while it was written to, is read", async () => {
    const path = await place({ "shop.log": bodyOf(iso) });
    await truncate(join(path, "shop.log"), 400_000);
    await utimes(join(path, "shop.log"), TO, TO);
    expect(await faultsIn(path)).toBe(12);
  });
});

describe("a service's files", () => {
  test("each service reads its own, whatever its name ends in", async () => {
    const names = ["check-out", "audit-log", "kafka-0", "shard-1", "shard-2", "web.1", "Upper", "shop"];
    const path = await place({
      ...Object.fromEntries(names.slice(0, 6).map((name) => [`${name}.log`, bodyOf(iso)])),
      "Upper.LOG": bodyOf(iso),
      "shop.log": FAULTS.slice(6).map(({ t, text }) => iso(t, text)).join("\n"),
      "shop.log.1": FAULTS.slice(3, 6).map(({ t, text }) => iso(t, text)).join("\n"),
      "shop.log.2.gz": gzipSync(FAULTS.slice(0, 3).map(({ t, text }) => iso(t, text)).join("\n")),
    }); // prettier-ignore
    for (const name of names) expect([name, await faultsIn(path, "UTC", name)]).toEqual([name, 12]);
    for (const name of ["check", "audit", "kafka", "shard", "web"]) expect([name, await faultsIn(path, "UTC", name)]).toEqual([name, 0]); // prettier-ignore
  });
});
