import { expect, test } from "vitest";
import { firstDifference } from "./first-difference";

test.each([
  ["reseаrch-1", "research-1", "“а” (Cyrillic, U+0430)", "“a” (Latin, U+0061)"],
  ["pod-0", "pod-O", "“0” (U+0030)", "“O” (Latin, U+004F)"],
  ["pay\u200b", "pay", "an invisible character (U+200B)", "the end of the name"],
  ["𝐛ot", "bot", "“𝐛” (U+1D41B)", "“b” (Latin, U+0062)"],
])("%j differs from %j: %s here, %s there", (one, other, here, there) =>
  expect(firstDifference(one, other)).toEqual([here, there]),
);
