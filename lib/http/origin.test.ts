import { describe, expect, test } from "vitest";
import { assertNamedOrigin } from "./origin";

const named = (origin: string | null, host: string) => () =>
  assertNamedOrigin(new Headers({ host, ...(origin === null ? {} : { origin }) }));

describe("without SENTINEL_URL", () => {
  test.each([
    ["a program, not a page", null, "sentinel.internal:3000"],
    ["loopback by name", "http://localhost:3000", "localhost:3000"],
    ["loopback by address", "http://127.0.0.1:3000", "127.0.0.1:3000"],
    ["loopback by its other address", "http://[::1]:3000", "[::1]:3000"],
  ])("%s is let in", (_, origin, host) => expect(named(origin, host)).not.toThrow());

  test.each([
    ["a site that points its name at this machine", "http://evil.example:3000", "evil.example:3000"],
    ["a name that only begins as loopback", "http://localhost.evil.example", "localhost.evil.example"],
  ])("%s is refused, though origin and host agree", (_, origin, host) =>
    expect(named(origin, host)).toThrow(/SENTINEL_URL/),
  );
});
