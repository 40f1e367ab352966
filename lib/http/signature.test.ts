import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { senderToken, signedByGithub, signedByPagerDuty } from "./signature";

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString("base64")}`;

describe("the token of a source", () => {
  test.each([
    [{ authorization: "Bearer snt_src_a" }, "snt_src_a"],
    [{ authorization: basic("u:p:w") }, "p:w"],
    [{ authorization: basic(":p") }, "p"],
    [{ authorization: basic("u:") }, null],
    [{ authorization: basic("up") }, null],
    [{ authorization: "Basic ###" }, null],
    [{ "x-sentinel-token": " t ", authorization: "Bearer other" }, "t"],
    [{ "x-sentinel-token": "t".repeat(513) }, null],
    [{ authorization: basic(`u:${"p".repeat(5_000)}`) }, null],
    [{}, null],
  ])("%j: %j", (headers, expected) =>
    expect(senderToken(new Headers(headers as Record<string, string>))).toBe(expected),
  );
});

describe("PagerDuty", () => {
  // RFC 4231, test case 2.
  const body = Buffer.from("what do ya want for nothing?");
  const good = "v1=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
  const other = `v1=${createHmac("sha256", "other").update(body).digest("hex")}`;
  test.each([
    [good, ["Jefe"], true],
    [`${other},${good}`, ["Jefe"], true],
    [`${other}, ${good}`, ["new", "Jefe"], true],
    [`v2=whatever,${good}`, ["Jefe"], true],
    [other, ["Jefe"], false],
    [good, [], false],
    [good, ["jefe"], false],
    [good.slice(0, -1), ["Jefe"], false],
    [good.replace("v1=", ""), ["Jefe"], false],
    [good.replace("v1", "v2"), ["Jefe"], false],
    [good.toUpperCase(), ["Jefe"], false],
    ["", ["Jefe"], false],
    [`${`${other},`.repeat(10)}${good}`, ["Jefe"], false],
  ])("%s by %j: %s", (header, secrets, expected) => expect(signedByPagerDuty(body, header, secrets)).toBe(expected));
  test("one bit of the body", () => {
    expect(signedByPagerDuty(Buffer.from("what do ya want for nothing!"), good, ["Jefe"])).toBe(false);
  });
});

describe("GitHub", () => {
  // GitHub's documentation, "Validating webhook deliveries".
  const secret = "It's a Secret to Everybody";
  const good = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  test.each([
    ["Hello, World!", good, true],
    ["Hello, World?", good, false],
    ["Hello, World!", good.replace("sha256", "sha1"), false],
    ["Hello, World!", "", false],
    ["", good, false],
  ])("%j %s: %s", async (body, header, expected) => {
    expect(await signedByGithub(Buffer.from(body), header, secret)).toBe(expected);
  });
});
