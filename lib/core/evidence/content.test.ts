import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CONTENT_CHARS, rawContent, storedContent } from "./content";

const KEY = ["sk-", "proj-abcdefghijklmnopqrstuvwxyz"].join("");
const stored = (text: string) => storedContent(rawContent(text));

describe("content that is kept", () => {
  it.each([
    ["short text as it is", "say hello", { text: "say hello", cut: false }],
    ["secrets taken out", `use ${KEY}, ada@example.com`, { text: "use [redacted:api_key], [redacted:email]", cut: false }],
    ["the ends of long text", `begin${"x".repeat(9_000)}end`, { text: expect.stringMatching(/^begin.*\n\[… 1008 characters left out …\]\n.*end$/s) as string, cut: true }],
    ["the ends of very long text", `begin${"x".repeat(1_000_000)}end`, { text: expect.stringMatching(/^begin.*\[… 992008 characters left out …\].*end$/s) as string, cut: true }],
  ])("%s", (_, text, wanted) => expect(stored(text)).toEqual(wanted)); // prettier-ignore

  it("is bounded and holds no secret, wherever that stands and the text is cut", () => {
    fc.assert(
      fc.property(fc.nat(60_000), fc.nat(60_000), (before, after) => {
        const { text } = stored(`${"a ".repeat(before / 2)}${KEY} ${"b ".repeat(after / 2)}`);
        expect(text.length).toBeLessThan(CONTENT_CHARS + 60);
        expect(text).not.toMatch(/sk-|proj-|klmnop/);
      }),
    );
  });
}); // prettier-ignore
