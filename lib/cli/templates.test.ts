import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Command } from "commander";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { registerTemplates } from "./templates";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "templates-"));
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterAll(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

async function templatesOf(body: string | Buffer, name = "in.log"): Promise<{ lines: number; texts: string[] }> {
  const [input, output] = [join(folder, name), join(folder, "out.json")];
  await writeFile(input, body);
  const program = new Command();
  registerTemplates(program);
  await program.parseAsync(["node", "sentinel", "templates", "--input", input, "--json", output]);
  const mined = JSON.parse(await readFile(output, "utf8")) as { lines: number[]; templates: Record<string, string> };
  return { lines: mined.lines.length, texts: Object.values(mined.templates) };
}

const rows = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join("\n");
const two = rows(20, (i) => (i % 2 ? `Service started on port ${8_000 + i}` : `Connection to host-${i} refused`));
const utf16 = Buffer.from(`\ufeff${two}\r\n`, "utf16le");
const both = ["Connection to host-<*> refused", "Service started on port <*>"];

test.each<[what: string, body: string | Buffer, texts: string[], name?: string]>([
  ["UTF-8", two, both],
  ["UTF-16 with a mark", utf16, both],
  ["UTF-16 without one", utf16.subarray(2), both],
  ["UTF-16, the other way round", Buffer.from(utf16).swap16(), both],
  ["gzip", gzipSync(two), both, "in.log.gz"],
  ["gzip of UTF-16, in capitals", gzipSync(utf16), both, "IN.LOG.GZ"],
  ["colours", rows(10, (i) => `\u001b[3${i % 8}mWARN\u001b[0m queue ${i} is full`), ["WARN queue <*> is full"]],
  ["JSON after a mark", `\ufeff${rows(10, (time) => JSON.stringify({ time, level: "info", msg: `request ${time} served` }))}`, ["request <*> served"]],
  ["JSON of a container", rows(10, (i) => `2026-03-02T00:00:0${i}.123456789Z stdout F ${JSON.stringify({ level: "error", msg: i % 2 ? `payment ${i} declined` : `cart ${i} empty` })}`), ["cart <*> empty", "payment <*> declined"]],
  ["JSON in docker's", rows(10, (i) => JSON.stringify({ log: `${JSON.stringify({ level: "error", msg: `cart ${i} empty` })}\n`, stream: "stdout", time: "2026-03-02T00:00:00Z" })), ["cart <*> empty"]],
  ["journald", rows(10, (i) => JSON.stringify({ __REALTIME_TIMESTAMP: `177240960000000${i}`, _PID: `${i}`, PRIORITY: "3", MESSAGE: i % 2 ? `unit web.service failed with code ${i}` : `started session ${i}` })), ["started session <*>", "unit web.service failed with code <*>"]],
  ["Chinese and Japanese", `${rows(20, (i) => `订单${i}支付${i % 2 ? "失败" : "成功"}`)}\n${rows(10, (i) => `接続${i}がタイムアウトしました`)}`, ["订单<*>支付成功", "订单<*>支付失败", "接続<*>がタイムアウトしました"]],
])("templates of %s", async (_, body, texts, name) => {
  expect((await templatesOf(body, name)).texts).toEqual(texts);
}); // prettier-ignore

test("a character that two blocks share is one character", async () => {
  const long = rows(60_000, (i) => `订单${i % 10}支付成功`);
  expect(await templatesOf(long)).toEqual({ lines: 60_000, texts: ["订单<*>支付成功"] });
});

test("a packed file that ends too early is named", async () => {
  await expect(templatesOf(gzipSync(two).subarray(0, 60), "cut.gz")).rejects.toThrow(
    /--input .*cut\.gz: unexpected end/,
  );
});
