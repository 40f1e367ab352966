import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { signedByPagerDuty } from "./auth";

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
