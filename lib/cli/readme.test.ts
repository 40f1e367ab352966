import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { API } from "@/lib/http/openapi";
import { EVENT_LIMITS } from "@/lib/contracts/event";
import { DEFAULT_LIMITS } from "@/lib/core/agents/limits";
import { VARIABLES } from "@/lib/env";
import { assertSentinelCommand } from "./test-documents";

/*
 * The README and the two guides that it opens on name what is there: commands and their options, scripts, routes, settings,
 * files. What they promise of them is held by the tests of each.
 */

const PAGES = ["README.md", "docs/agents.md", "docs/services.md"].map((path) => readFileSync(path, "utf8"));
const [README] = PAGES as [string, string, string];
const GUIDES = PAGES.join("\n");
const each = (pattern: RegExp, text = GUIDES): string[] => [
  ...new Set([...text.matchAll(pattern)].map(([, found]) => found!)),
];

describe("what the guides name is there", () => {
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
    expect([...Object.keys(VARIABLES), "SENTINEL_KEY"]).toContain(name);
  });

  test.each(each(/\]\(((?!https?:)[^)#]+)(?:#[^)]*)?\)/g, README))("the file %s", (path) => {
    expect(existsSync(path)).toBe(true);
  });

  test("alert routes of each sender", () => {
    const [senders] = each(/\/api\/v1\/alerts\/\{([a-z,]+)\}/g);
    const paths = API.flatMap(({ path }) => /^\/api\/v1\/alerts\/(\w+)$/.exec(path)?.[1] ?? []);
    expect(senders!.split(",").toSorted()).toEqual(paths.toSorted());
  });
});

test("every page of the documentation is linked from the README", () => {
  const pages = readdirSync("docs").filter((name) => name.endsWith(".md"));
  expect(pages.filter((name) => !README.includes(`](docs/${name}`))).toEqual([]);
});

describe("limits that the guides tell are those of the code", () => {
  test.each([
    ["events of a request", /Up to ([\d,]+) events a request/g, EVENT_LIMITS.eventsPerRequest],
    ["share of the fleet", /quarantines are limited to (\d+) % of the fleet/g, 100 * DEFAULT_LIMITS.fleetShare],
    ["share of a type", /% of the fleet and (\d+) % of a type/g, 100 * DEFAULT_LIMITS.typeShare],
    ["drills", /one of (\w+) recorded incidents/g, "ten"],
  ])("%s", (_, pattern, value) => {
    expect(each(pattern).map((told) => told.replace(",", ""))).toEqual([String(value)]);
  });
});
