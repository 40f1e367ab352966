import { describe, expect, test } from "vitest";
import { signedByGithub } from "./auth";

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
