import fc from "fast-check";
import { expect, it } from "vitest";
import { createOutput, HEAD_BYTES, TAIL_BYTES } from "./output";

const written = (...chunks: (string | Uint8Array)[]) => {
  const output = createOutput();
  for (const chunk of chunks) output.add(Buffer.from(chunk as string));
  return output.text();
};

it("keeps all of what is short, however it came", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme", maxLength: 200 }), { maxLength: 40 }),
      fc.nat(9),
      (texts, at) => {
        const bytes = Buffer.from(texts.join(""));
        if (bytes.length > HEAD_BYTES + TAIL_BYTES) return;
        const size = at + 1;
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        );
        expect(written(...chunks)).toBe(bytes.toString("utf8"));
      },
    ),
  );
});

it("leaves out whole lines of what is long, and says how much", () => {
  const lines = Array.from({ length: 5_000 }, (_, i) => `line ${i} password=${"s".repeat(20)}`);
  const text = written(...lines.map((line) => `${line}\n`));
  const [before = "", out, after = ""] = text.split(/… (\d+) bytes left out …\n/);
  const kept = [...before.trimEnd().split("\n"), ...after.trimEnd().split("\n")];
  expect(kept.every((line) => lines.includes(line))).toBe(true);
  expect([kept[0], kept.at(-1)]).toEqual([lines[0], lines.at(-1)]);
  expect(before.length + Number(out) + after.length).toBe(lines.join("\n").length + 1);
  expect(text.length).toBeLessThanOrEqual(HEAD_BYTES + TAIL_BYTES + 40);
});

it("cuts a single long line where it must", () => {
  const text = written("x".repeat(100_000));
  expect(text).toMatch(new RegExp(`^x{${HEAD_BYTES}}… \\d+ bytes left out …\\nx{${TAIL_BYTES}}$`));
});
