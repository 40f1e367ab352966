import { expect, test } from "vitest";
import { withoutUnseen } from "./unseen";

test.each([
  ["pay\u200bments", "payments"],
  ["\u{e0041}tag", "tag"],
  ["pay\u00a0ments", "pay ments"],
  ["cafe\u200b\u0301", "café"],
  ["\u212bngstrom", "Ångstrom"],
  ["名前 🚀", "名前 🚀"],
])("%j becomes %j", (text, clean) => {
  expect(withoutUnseen(text)).toBe(clean);
  expect(withoutUnseen(clean)).toBe(clean);
});

test("accents are piled up to thirty on one letter", () => {
  const piled = (count: number) => `x${"\u0327\u0331".repeat(count)}`;
  expect(withoutUnseen(piled(15))).toBe(piled(15).normalize("NFC"));
  expect(withoutUnseen(piled(200))).toBe(piled(15).normalize("NFC"));
});
