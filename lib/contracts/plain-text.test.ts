import { afterEach, describe, expect, test, vi } from "vitest";
import { identifier, plainText } from "./plain-text";

const Id = identifier(200);

afterEach(() => vi.restoreAllMocks());

describe("an id", () => {
  test.each(["billing-helper", "名前", "Größe", "агент", "π", "a b", "emoji 🚀"])("%s is one", (id) =>
    expect(Id.parse(id)).toBe(id),
  );

  test.each([
    ["a zero-width space", "billing\u200b-helper", "U+200B"],
    ["a zero-width joiner", "billing\u200d-helper", "U+200D"],
    ["a byte order mark", "\ufeffbilling-helper", "U+FEFF"],
    ["a soft hyphen", "billing\u00ad-helper", "U+00AD"],
    ["a right-to-left override", "billing\u202ereplep", "U+202E"],
    ["an isolate", "billing\u2066-helper", "U+2066"],
    ["a tag", "billing\u{e0041}", "U+E0041"],
    ["a variation selector", "billing\ufe0f", "U+FE0F"],
    ["a Hangul filler", "billing\u3164", "U+3164"],
    ["private use", "billing\ue000", "U+E000"],
    ["private use of plane 16", "billing\u{100001}", "U+100001"],
    ["a no-break space", "billing\u00a0helper", "U+00A0"],
    ["an ideographic space", "billing\u3000helper", "U+3000"],
    ["what is not composed", "cafe\u0301", "NFC"],
    ["a sign that is another letter", "\u212bngstrom", "NFC"],
    ["a line break", "a\nb", "control"],
    ["half a character", "a\ud800", "half"],
    ["a step of a path", "..", "URL"],
  ])("with %s is refused, and told why", (_, id, reason) => {
    const result = Id.safeParse(id);
    expect(result.success).toBe(false);
    expect(result.error?.issues.map(({ message }) => message).join()).toContain(reason);
  });
});

test("what is too long is refused without being looked at: composing accents takes a time that grows with the square", () => {
  const composed = vi.spyOn(String.prototype, "normalize");
  const result = Id.safeParse("a\u0301\u0327".repeat(100));
  expect(result.error?.issues.map(({ code }) => code)).toEqual(["too_big"]);
  expect(composed).not.toHaveBeenCalled();
});

test("a person's name may have a joiner, as names of many languages do", () => {
  expect(plainText(200).parse("علی\u200cرضا")).toBe("علی\u200cرضا");
});
