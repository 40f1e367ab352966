import { expect, test } from "vitest";
import { maskLine } from "@/lib/core/evidence/log-masks";
import { CountedText } from "./counted-text";
import { MAX_RATIO } from "./linear";
import { hostileTexts } from "./texts";

/** Within what a mask reads of a line; twice as much is its limit. */
const LENGTH = 1_000;
/** Every character is looked at by the scan and by the word that it is in; the groups of what may be an address, from each on, by up to eight more. */
const MAX_READS = 20;

const readsOf = (text: string): number => {
  const counted = new CountedText(text);
  // A text object reads as the text does: the scanner knows it by what it may ask.
  maskLine(counted as unknown as string);
  return counted.reads;
};

test("a text that is counted reads as the text itself", () => {
  const line = "took 12 ms for /a/b at 10.0.0.1:80";
  expect(maskLine(new CountedText(line) as unknown as string)).toBe(maskLine(line));
  expect(readsOf(line)).toBeGreaterThanOrEqual(line.length);
});

test("masks read every character a few times, however hostile the line is", () => {
  const bad = hostileTexts().flatMap(({ name, make }) => {
    const [one, two] = [readsOf(make(LENGTH)), readsOf(make(2 * LENGTH))];
    return two <= MAX_RATIO * one && two <= MAX_READS * 2 * LENGTH ? [] : [`${name}: ${one}, ${two}`];
  });
  expect(bad).toEqual([]);
});
