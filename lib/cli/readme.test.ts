import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { API } from "@/lib/http/openapi";
import { EVENT_LIMITS } from "@/lib/contracts/event";
import { DEFAULT_LIMITS } from "@/lib/core/agents/limits";
import { VARIABLES } from "@/lib/env";
import { assertSentinelCommand } from "./test-documents";

/* What the README names is there: commands and their options, scripts, routes, settings, files. What it promises of them is held by the tests of each. */

const README = readFileSync("README.md", "utf8");
const each = (pattern: RegExp): string[] => [...new Set([...README.matchAll(pattern)].map(([, found]) => found!))];

describe("what the README names is there", () => {
  test.each(each(/npm run ([\w:]+)/g))("npm run %s", (script) => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
    expect(scripts).toHaveProperty([script]);
  });

  test.each(each(/npm run sentinel -- ([^`\n#]+)/g))("sentinel %s", (line) =>
    assertSentinelCommand(line.trim().split(/\s+/)),
  );

  test.each(each(/(\/api\/[a-z0-9/-]+[a-z])/g))("%s", (path) => {
    const is = (known: string) => known === path || known.startsWith(`${path}/`);
    expect(API.some((resource) => is(resource.path))).toBe(true);
  });

  test.each(each(/[`\s(]([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?=[`=\s.:),])/g))("the setting %s", (name) => {
    const others = ["SENTINEL_KEY", "NODE_ENV"];
    expect([...Object.keys(VARIABLES), ...others]).toContain(name);
  });

  test.each(each(/\]\(((?!https?:)[^)#]+)\)/g))("the file %s", (path) => {
    expect(existsSync(path)).toBe(true);
  });

  test("alert routes of each sender", () => {
    const [senders] = each(/\/api\/v1\/alerts\/\{([a-z,]+)\}/g);
    const paths = API.flatMap(({ path }) => /^\/api\/v1\/alerts\/(\w+)$/.exec(path)?.[1] ?? []);
    expect(senders!.split(",").toSorted()).toEqual(paths.toSorted());
  });
});

describe("limits that the README tells are those of the code", () => {
  test.each([
    ["events of a request", /Up to ([\d,]+) events a request/, EVENT_LIMITS.eventsPerRequest],
    ["share of the fleet", /Automatic holds stop at (\d+) % of the fleet/, 100 * DEFAULT_LIMITS.fleetShare],
    ["share of a type", /% of the fleet or (\d+) % of a type/, 100 * DEFAULT_LIMITS.typeShare],
    ["drills", /one of (\w+) recorded incidents/, "ten"],
  ])("%s", (_, pattern, value) => {
    expect(pattern.exec(README)?.[1]?.replace(",", "")).toBe(String(value));
  });
});
