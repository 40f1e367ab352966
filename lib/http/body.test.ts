import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { MAX_BODY_BYTES, readJson } from "./body";

const JSON_TYPE = { "content-type": "application/json" };
const post = (body: BodyInit | null, headers: Record<string, string> = JSON_TYPE) =>
  new Request("http://localhost/x", { method: "POST", body, headers, duplex: "half" } as RequestInit);

/** A body of `chunks` chunks that counts how much of it was taken. */
function counted(chunk: Uint8Array, chunks: number) {
  const taken = { bytes: 0, cancelled: false };
  let end: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (taken.bytes === chunk.length * chunks) {
        controller.close();
        return end();
      }
      taken.bytes += chunk.length;
      controller.enqueue(chunk);
    },
    cancel() {
      taken.cancelled = true;
    },
  });
  return { stream, taken, ended };
}

test("plain and gzipped bodies are the same", async () => {
  const value = { events: [{ agent_id: "ä <script>" }] };
  const text = JSON.stringify(value);
  expect(await readJson(post(text))).toEqual(value);
  expect(await readJson(post(gzipSync(text), { ...JSON_TYPE, "content-encoding": "gzip" }))).toEqual(value);
});

test("no body is no value", async () => {
  expect(await readJson(new Request("http://localhost/x", { method: "POST" }))).toBeUndefined();
});

test.each([
  ["text/plain"],
  ["application/x-www-form-urlencoded"],
  ["multipart/form-data"],
  ["application/json; charset=utf-16"],
  [""],
])("content type %j is refused", async (type) => {
  await expect(readJson(post("{}", { "content-type": type }))).rejects.toMatchObject({ code: "unsupported_media" });
});

test.each([["application/json"], ["Application/JSON; charset=UTF-8"], ['application/json;charset="utf-8"']])(
  "content type %j is taken",
  async (type) => {
    expect(await readJson(post("{}", { "content-type": type }))).toEqual({});
  },
);

test.each([["br"], ["deflate"], ["gzip, gzip"], ["x"]])("content encoding %j is refused", async (encoding) => {
  const request = post("{}", { ...JSON_TYPE, "content-encoding": encoding });
  await expect(readJson(request)).rejects.toMatchObject({ code: "unsupported_media" });
});

test("a body larger than its limit is refused by its announced length, unread", async () => {
  const { stream, taken } = counted(new Uint8Array(1_000), 1_000);
  const request = post(stream, { ...JSON_TYPE, "content-length": "100000000" });
  await expect(readJson(request)).rejects.toMatchObject({ code: "too_large" });
  expect(taken.bytes).toBeLessThanOrEqual(1_000);
});

test("a body that grows too large is refused at the limit; its rest is read and thrown away, not cut off", async () => {
  const chunk = Buffer.alloc(65_536, " ");
  const { stream, taken, ended } = counted(chunk, 100);
  const refused = readJson(post(stream)).catch((error: unknown) => ({ error, after: taken.bytes }));
  const { error, after } = (await refused) as { error: unknown; after: number };
  expect(error).toMatchObject({ code: "too_large" });
  // Refused while most of it was still to come.
  expect(after).toBeLessThan(2 * MAX_BODY_BYTES);
  await ended;
  expect(taken.cancelled).toBe(false);
});

test("a zip bomb is cut off at the limit", async () => {
  const bomb = gzipSync(Buffer.alloc(200_000_000, " "));
  expect(bomb.length).toBeLessThan(MAX_BODY_BYTES);
  const before = process.memoryUsage().arrayBuffers;
  const request = post(bomb, { ...JSON_TYPE, "content-encoding": "gzip" });
  await expect(readJson(request)).rejects.toMatchObject({ code: "too_large" });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
});

test("what says gzip and is not, or breaks off, is malformed", async () => {
  const gzip = { ...JSON_TYPE, "content-encoding": "gzip" };
  await expect(readJson(post("{}", gzip))).rejects.toMatchObject({ code: "malformed" });
  const half = gzipSync(JSON.stringify({ a: "x".repeat(1_000) })).subarray(0, 20);
  await expect(readJson(post(half, gzip))).rejects.toMatchObject({ code: "malformed" });
});
