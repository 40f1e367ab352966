import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Frames, Garbled } from "./frames";

const MOST = 1_000;
/** The messages of a stream that comes in pieces of these sizes, the rest in one. */
function read(text: string, sizes: readonly number[] = []) {
  const frames = new Frames(MOST);
  const bytes = Buffer.from(text);
  const found: { raw: string; data: string | null }[] = [];
  let from = 0;
  for (const size of [...sizes, bytes.length]) {
    for (const { raw, data } of frames.push(bytes.subarray(from, from + size)))
      found.push({ raw: raw.toString(), data });
    from += size;
  }
  return { found, isOpen: frames.isOpen };
}

describe("messages", () => {
  test.each([
    ["one", "data: a\n\n", ["a"], false],
    ["named", "event: x\ndata: a\n\n", ["a"], false],
    ["without a space", "data:a\n\n", ["a"], false],
    ["several lines", "data: a\ndata: b\n\n", ["a\nb"], false],
    ["CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"], false],
    ["a comment", ": ping\n\ndata: a\n\n", [null, "a"], false],
    ["an empty one", "data\n\n", [""], false],
    ["blank lines", "\n\ndata: a\n\n", [null, null, "a"], false],
    ["one that has not ended", "data: a\n\ndata: b\n", ["a"], true],
    ["nothing", "", [], false],
  ])("%s", (_, text, data, isOpen) => {
    const read_ = read(text);
    expect(read_.found.map((one) => one.data)).toEqual(data);
    expect(read_.isOpen).toBe(isOpen);
  });

  test.each([
    ["a stray carriage return", "data: a\rdata: b\n\n"],
    ["a line without end", "x".repeat(MOST + 1)],
    ["a message without end", "data: a\n".repeat(MOST)],
  ])("%s is refused", (_, text) => expect(() => read(text)).toThrow(Garbled));

  test("wherever the pieces end, the messages are the same, and nothing is lost", () => {
    const message = fc.constantFrom(
      "data: a\n\n",
      "event: x\r\ndata: é\r\n\r\n",
      ": c\n\n",
      "\n",
      "data: b\ndata: c\n\n",
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.nat(12)), (messages, sizes) => {
        const text = messages.join("");
        expect(read(text, sizes)).toEqual(read(text));
        expect(
          read(text, sizes)
            .found.map(({ raw }) => raw)
            .join(""),
        ).toBe(text);
      }),
    );
  });
});
