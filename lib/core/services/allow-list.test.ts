import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkArgs, covers, fill, fillValue, fitting, isName, openOf, type Params, placeholdersOf } from "./allow-list";

const PARAMS: Params = {
  size: { type: "enum", values: ["small", "large"], default: "small" },
  replicas: { type: "int", min: 1, max: 6, default: 2 },
  revision: { type: "name", default: "stable" },
};

describe("names", () => {
  it.each(["a", "api-gateway", "cart_v2", "7up", "a..b", "A".repeat(128)])("%s is one", (name) => {
    expect(isName(name)).toBe(true);
  });
  it.each([
    "", "-v", "--privileged", ".", ".hidden", "a b", "a;rm -rf /", "$(id)", "`id`", "a\nb", "a\n", "a\0b", "a/b", "../../etc",
    "{service}", "a*", "аpi", "ａpi", "api\u200B", "a\u202Eb", "é", "A".repeat(129),
  ])("%j is none", (name) => {
    expect(isName(name)).toBe(false);
  }); // prettier-ignore
});

describe("placeholders", () => {
  it("are read once: what a value says is text", () => {
    expect(fill("{a}-{b}", { a: "{b}", b: "{a}" })).toBe("{b}-{a}");
    expect(fill("$& {a} $1", { a: "$&$1$`" })).toBe("$& $&$1$` $1");
  });
  it("leaves other braces and unknown words alone", () => {
    const text = `{"a": 1} {{.Names}} {A} {} {x} {constructor}`;
    expect(fill(text, { a: 1 })).toBe(text);
    expect(placeholdersOf(text)).toEqual(["x", "constructor"]);
  });
  it("keeps a value's type where it stands alone", () => {
    expect(fillValue("{n}", { n: 3 })).toBe(3);
    expect(fillValue("n={n}", { n: 3 })).toBe("n=3");
    expect(fillValue(true, { n: 3 })).toBe(true);
  });
});

describe("what a pattern covers", () => {
  it.each([
    ["api", "api", true], ["api", "api2", false], ["api", "Api", false], ["*", "", true], ["*", "anything", true],
    ["shop-*", "shop-cart", true], ["shop-*", "shop", false], ["*-db", "a-db", true], ["*-db", "a-db-2", false],
    ["a*b*c", "a-b-c", true], ["a*b*c", "acb", false], ["ab*ba", "aba", false], ["a*a", "a", false], ["a.c", "abc", false],
    ["**", "x", true], ["a*b*b", "ab", false],
  ])("%s, %s: %s", (pattern, service, expected) => {
    expect(covers(pattern, service)).toBe(expected);
  }); // prettier-ignore

  it("agrees with the regular expression that says the same", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "-"), maxLength: 8 });
    const patterns = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 6 });
    fc.assert(
      fc.property(patterns, letters, (pattern, service) => {
        const same = new RegExp(`^${pattern.split("*").join(".*")}$`).test(service);
        expect(covers(pattern, service)).toBe(same);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("arguments", () => {
  it("have their defaults", () => {
    expect(checkArgs(PARAMS, {})).toEqual({ ok: true, value: { size: "small", replicas: 2, revision: "stable" } });
  });
  it.each([
    [{ size: "huge" }, /size must be one of small, large/],
    [{ size: ["small"] }, /size/],
    [{ replicas: 0 }, /replicas must be a whole number from 1 to 6/],
    [{ replicas: 7 }, /replicas/],
    [{ replicas: 2.5 }, /replicas/],
    [{ replicas: "3" }, /replicas/],
    [{ replicas: Number.NaN }, /replicas/],
    [{ revision: "--privileged" }, /revision must be a name/],
    [{ revision: "x; rm -rf /" }, /revision/],
    [{ revision: null }, /revision/],
    [{ revision: undefined }, /revision/],
    [{ entry: "other" }, /no argument "entry"/],
    [JSON.parse('{"__proto__": "x"}'), /no argument "__proto__"/],
    [{ constructor: "x" }, /no argument "constructor"/],
  ])("%j is refused", (given, reason) => {
    const checked = checkArgs(PARAMS, given as Record<string, unknown>);
    expect(checked).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
  });

  it("whatever is handed over, what passes is a name, a listed word or a number within its bounds", () => {
    const given = fc.record(
      { size: fc.anything(), replicas: fc.oneof(fc.anything(), fc.integer()), revision: fc.oneof(fc.anything(), fc.string()) },
      { requiredKeys: [] },
    ); // prettier-ignore
    fc.assert(
      fc.property(given, (args) => {
        const checked = checkArgs(PARAMS, args);
        if (!checked.ok) return;
        const { size, replicas, revision } = checked.value;
        expect(["small", "large"]).toContain(size);
        expect(Number.isInteger(replicas) && (replicas as number) >= 1 && (replicas as number) <= 6).toBe(true);
        expect(isName(revision as string)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("of which names stay as they are", () => {
    expect(openOf(PARAMS)).toEqual({ size: { oneOf: ["small", "large"] }, replicas: { min: 1, max: 6 } });
  });
});

it("fits first what names the cause first, then what is easier to take back", () => {
  const entries = [
    { name: "scale", remedies: ["overload", "slow"], risk: "hard_to_undo" },
    { name: "stop", remedies: ["slow"], risk: "destructive" },
    { name: "restart", remedies: ["slow", "crash"], risk: "reversible" },
    { name: "rollback", remedies: ["deploy_regression"], risk: "reversible" },
  ] as const;
  expect(fitting(entries, "slow").map(({ name }) => name)).toEqual(["restart", "stop", "scale"]);
  expect(fitting(entries, "silent")).toEqual([]);
});
