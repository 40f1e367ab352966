import { describe, expect, test } from "vitest";
import { senderToken } from "./signature";

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
