import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LookAlikes, skeleton } from "./look-alikes";

describe("names that look the same have one skeleton", () => {
  test.each([
    ["a Cyrillic а", "research-1", "reseаrch-1"],
    ["Cyrillic only", "ape", "аре"],
    ["Greek", "op", "ορ"],
    ["Cherokee capitals", "DATA", "ᎠАТА"],
    ["a one, an l and a capital I", "worker-1", "worker-l"],
    ["a capital I and an l", "worker-I", "worker-l"],
    ["a zero and a capital O", "pod-0", "pod-O"],
    ["rn and m", "modern", "rnodern"],
    ["a mathematical alphabet", "billing", "𝐛𝐢𝐥𝐥𝐢𝐧𝐠"],
    ["full-width letters and digits", "research-1", "ｒｅｓｅａｒｃｈ-１"],
    ["a ligature", "file", "ﬁle"],
    ["another dash", "a-b", "a‐b"],
    ["a dotless i", "mail", "maıl"],
    ["a long s", "fun", "ſun"],
    ["an accent that is composed or not", "café", "cafe\u0301"],
    ["a zero-width space", "pay", "p\u200bay"],
    ["a variation selector", "pay", "pay\ufe0f"],
  ])("%s", (_, one, other) => {
    expect(one).not.toBe(other);
    expect(skeleton(one)).toBe(skeleton(other));
  });

  test.each([
    ["research-1", "research-2"],
    ["Research", "research"],
    ["café", "cafe"],
    ["агент", "agent"],
    ["名前", "名刺"],
    ["a-b", "ab"],
    ["constructor", "__proto__"],
  ])("%s and %s do not look the same", (one, other) => expect(skeleton(one)).not.toBe(skeleton(other)));

  test("a name that was ever so confusable looks like itself and nothing else changes that", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (name) => {
        const look = skeleton(name);
        expect(skeleton(name.normalize("NFD"))).toBe(look);
        expect(skeleton(name.normalize("NFC"))).toBe(look);
        expect(skeleton(`${name}\u200d`)).toBe(look);
      }),
    );
  });
});

describe("among many names", () => {
  const LOOKS_LIKE_A = ["a", "а", "α", "ａ"];
  test("a name is flagged exactly when another looks like it, with the first such name", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.array(fc.constantFrom(...LOOKS_LIKE_A, "x", "1", "l"), { minLength: 1, maxLength: 3 }), {
          selector: (parts) => parts.join(""),
          maxLength: 30,
        }),
        (list) => {
          const names = list.map((parts) => parts.join(""));
          const known = new LookAlikes();
          for (const name of names) known.add(name);
          const plain = (name: string) => name.replace(/[аαａ]/g, "a").replaceAll("1", "l");
          for (const name of names) {
            const first = names.find((other) => other !== name && plain(other) === plain(name)) ?? null;
            expect(known.of(name)).toBe(first);
          }
        },
      ),
    );
  });

  test("ten thousand that all look alike are asked one by one, none compared with every other", () => {
    const known = new LookAlikes();
    const names = Array.from({ length: 10_000 }, (_, n) =>
      n.toString(2).padStart(14, "0").replaceAll("0", "a").replaceAll("1", "а"),
    );
    for (const name of names) known.add(name);
    expect(new Set(names.map((name) => known.of(name)))).toEqual(new Set([names[0], names[1]]));
  });
});
