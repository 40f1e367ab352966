import { expect, test } from "vitest";
import { type Message, sse } from "./sse";

async function* messages(list: Message[], after?: () => Promise<void>) {
  yield* list;
  await after?.();
}

const never = () => new Promise<void>(() => undefined);

test("messages carry id, event and data, one line each", async () => {
  const list = [
    { id: 1, event: "incident", data: { text: "two\nlines" } },
    { id: "2\nevent: forged", data: null },
  ];
  const answer = sse(() => messages(list), new AbortController().signal);
  expect(answer.headers.get("content-type")).toMatch(/^text\/event-stream/);
  expect(answer.headers.get("cache-control")).toContain("no-transform");
  expect(await answer.text()).toBe(
    'retry: 1000\n\nid: 1\nevent: incident\ndata: {"text":"two\\nlines"}\n\nid: 2event: forged\ndata: null\n\n',
  );
});

test("a reader that goes ends the iterable", async () => {
  const abort = new AbortController();
  let returned = false;
  let told: AbortSignal | undefined;
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<IteratorResult<Message>>(() => undefined),
      return: async () => {
        returned = true;
        return { done: true as const, value: undefined };
      },
    }),
  };
  const answer = sse((ended) => ((told = ended), source), abort.signal);
  abort.abort();
  expect(await answer.text()).toContain("retry:");
  expect(returned).toBe(true);
  expect(told?.aborted).toBe(true);
});

test("a session that ended ends the stream at the next heartbeat", async () => {
  let asked = 0;
  const alive = async () => ++asked < 3;
  const answer = sse(() => messages([], never), new AbortController().signal, { heartbeatMs: 5, alive });
  expect((await answer.text()).match(/still here/g)).toHaveLength(2);
});

test("a stream that breaks is seen to break", async () => {
  const broken = messages([{ id: 1, data: 1 }], async () => {
    throw new Error("database went away");
  });
  await expect(sse(() => broken, new AbortController().signal).text()).rejects.toThrow("went away");
});

test("shutdown closes every stream", async () => {
  const open = [1, 2, 3].map(() => sse(() => messages([], never), new AbortController().signal).text());
  process.emit("SIGTERM");
  expect(await Promise.all(open)).toHaveLength(3);
  expect(await sse(() => messages([], never), new AbortController().signal).text()).toContain("retry:");
});
