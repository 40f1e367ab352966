import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { StreamMessage } from "@/lib/contracts/overview";
import { StreamMessage as StreamMessageSchema } from "@/lib/contracts/overview";
import { type Db, openDb, write } from "../client";
import { commit, eventsInsert, type StreamEvent } from "../commit";
import { followers, tailEvents } from "./stream";
import { openTestDb } from "./test-world";

let close: () => Promise<void>;
let url: string;
let db: Db;
const open = new Set<AbortController>();

beforeEach(async () => {
  ({ db, url, close } = await openTestDb());
});
afterEach(async () => {
  for (const reader of open) reader.abort();
  await expect.poll(() => followers(db)).toBe(0);
  await close();
});

const event = (n: number) => ({
  at: n,
  type: "action.done" as const,
  text: `event ${n}`,
  data: { run: `run_${n}` },
});
const append = (from: number, to: number, via: Db = db) =>
  write(via, [
    eventsInsert(
      via,
      Array.from({ length: to - from }, (_, i) => event(from + i)),
    ),
  ]);

/** Reads until `count` messages came, then lets go. */
async function take(
  count: number,
  after: number | null,
  options: { pollMs?: number; pause?: () => Promise<void> } = {},
) {
  const control = new AbortController();
  open.add(control);
  const got: StreamMessage[] = [];
  for await (const message of tailEvents(db, { after, signal: control.signal, pollMs: options.pollMs })) {
    got.push(message);
    if (got.length === count) break;
    await options.pause?.();
  }
  return got;
}
const seqs = (messages: StreamMessage[]) => messages.map((message) => message.seq);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe("the tail of the event table", () => {
  it("resumes after the last event that was seen", async () => {
    await append(1, 1_801);
    const got = await take(1_500, 300);
    expect(seqs(got)).toEqual(range(301, 1_801));
    expect(StreamMessageSchema.strict().parse(got[0])).toEqual(got[0]);
  });

  it("begins with the next event when nothing was seen, or what was seen is not of this table", async () => {
    await append(1, 11);
    for (const after of [null, 9_999]) {
      const got = take(1, after, { pollMs: 10 });
      await expect.poll(() => followers(db)).toBe(1);
      // Only once the stream has taken its place may the event come.
      await new Promise((done) => setImmediate(done));
      const [row] = await append(100, 101);
      expect(seqs(await got)).toEqual([Number(row!.lastInsertRowid)]);
    }
  });

  it("is woken by a commit of this process, long before its poll", async () => {
    const got = take(1, 0, { pollMs: 600_000 });
    await expect.poll(() => followers(db)).toBe(1);
    await commit(db, { claims: [], events: [event(1)] });
    expect(seqs(await got)).toEqual([1]);
  });

  it("sees what another connection wrote", async () => {
    const other = await openDb({ url });
    const got = take(3, 0, { pollMs: 20 });
    await expect.poll(() => followers(db)).toBe(1);
    await append(1, 4, other);
    expect(seqs(await got)).toEqual([1, 2, 3]);
    other.$client.close();
  });

  it("loses and doubles nothing while readers come and go and writes go on", async () => {
    const total = 4_000;
    const reader = async (cuts: number) => {
      const got: number[] = [];
      while (got.length < total) {
        const left = total - got.length;
        const part = await take(Math.min(left, Math.ceil(total / cuts)), got.at(-1) ?? 0, { pollMs: 15 });
        got.push(...seqs(part));
      }
      return got;
    };
    const readers = [1, 7, 40].map(reader);
    const other = await openDb({ url });
    for (let n = 0; n < total; n += 40) {
      await append(n, n + 20, other);
      await commit(db, { claims: [], events: range(n + 20, n + 40).map(event) });
    }
    for (const got of await Promise.all(readers)) expect(got).toEqual(range(1, total + 1));
    other.$client.close();
  });

  it("lets a slow reader go at its own pace without holding the others up or anything in memory for it", async () => {
    await append(1, 2);
    let release!: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = take(3_001, 0, { pause: () => held });
    const quick = take(3_001, 0);
    for (let n = 0; n < 3_000; n += 500) await commit(db, { claims: [], events: range(n, n + 500).map(event) });
    expect(seqs(await quick)).toEqual(range(1, 3_002));
    release();
    expect(seqs(await slow)).toEqual(range(1, 3_002));
  });

  it("polls once for all streams", async () => {
    const asked = vi.spyOn(db.$client, "execute");
    const streams = range(0, 50).map(() => take(20, 0, { pollMs: 10 }));
    await expect.poll(() => followers(db)).toBe(50);
    for (let n = 0; n < 20; n++) await commit(db, { claims: [], events: [event(n)] });
    for (const got of await Promise.all(streams)) expect(seqs(got)).toEqual(range(1, 21));
    // 20 commits wake it 20 times, its own timer some more; one query a stream and event would be 1,000.
    expect(asked.mock.calls.length).toBeLessThan(200);
  });

  it("skips what was pruned", async () => {
    await append(1, 1_501);
    await write(db, [{ sql: "DELETE FROM stream_events WHERE seq < 1200", args: [] }]);
    expect(seqs(await take(301, 5))).toEqual(range(1_200, 1_501));
    await write(db, [{ sql: "DELETE FROM stream_events", args: [] }]);
    const got = take(1, 5);
    await expect.poll(() => followers(db)).toBe(1);
    await commit(db, { claims: [], events: [event(1)] });
    expect(seqs(await got)).toEqual([1_501]);
  });
});

/** Never called: the compiler is the test. */
export const refused: StreamEvent[] = [
  // @ts-expect-error -- not a declared event
  { at: 1, type: "incident.happened", text: "" },
  // @ts-expect-error -- its data is missing
  { at: 1, type: "alert.ended", text: "" },
  // @ts-expect-error -- the data of another event
  { at: 1, type: "alert.ended", text: "", data: { run: "r" } },
];
