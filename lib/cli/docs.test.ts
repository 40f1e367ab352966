import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { AgentEvent } from "@/lib/contracts/event";
import { type Method, METHODS } from "@/lib/contracts/endpoint";
import { INGEST } from "@/lib/contracts/ingest";
import { API } from "@/lib/http/openapi";
import { VARIABLES } from "@/lib/env";
import { anchorsIn, codeIn, commandsIn, assertSentinelCommand, fencesIn, linksIn } from "./test-documents";

/* The documentation names what is there: files, commands, scripts, routes and bodies that the contracts take. */

const PAGES = readdirSync("docs", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/${name}`);
const DOCUMENTS = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", ...PAGES].map((path) => ({
  path,
  text: readFileSync(path, "utf8"),
}));
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
/** One row a thing, named by its document. */
const each = <T>(of: (text: string) => T[]): [string, T][] =>
  DOCUMENTS.flatMap(({ path, text }) => of(text).map((one): [string, T] => [path, one]));

test("there is documentation", () => expect(DOCUMENTS.length).toBeGreaterThan(15));

test.each(each(linksIn))("%s links to %s", (from, target) => {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? from : normalize(join(dirname(from), path));
  expect(existsSync(file), file).toBe(true);
  if (anchor !== undefined) expect(anchorsIn(readFileSync(file, "utf8"))).toContain(anchor);
});

/** Paths of the project; a name in capitals stands for one of the reader's (`lib/ingest/sources/VENDOR`). */
const PATH = /^(?:\.ci|\.github|app|components|docs|drizzle|e2e|lib|public|sdk|seeds)\/[\w.()[\]/*-]*$/;
const pathsIn = (text: string): string[] => codeIn(text).filter((code) => PATH.test(code) && !/[A-Z]{3}/.test(code));

test.each(each(pathsIn))("%s names %s", (_, path) => {
  // Of a pattern, the folder that it is about.
  expect(existsSync(path.replace(/[^/]*\*.*/, ""))).toBe(true);
});

test("every setting is documented, and no other is named", () => {
  const pages = DOCUMENTS.filter(({ path }) => path === "README.md" || path.startsWith("docs/"));
  const named = new Set(pages.flatMap(({ text }) => text.match(/\b[A-Z][A-Z0-9_]+\b/g) ?? []));
  expect(Object.keys(VARIABLES).filter((name) => !named.has(name))).toEqual([]);
  const ours = /^(?:SENTINEL|SWEEP|LIBSQL|PROMETHEUS|LOKI|KUBERNETES|DRILL|RETENTION|VERIFY|WATCH|KEY)_/;
  // What the reader's own shell holds: secrets that were shown once, and where Sentinel is.
  const shell = ["SENTINEL_KEY", "SENTINEL_TOKEN", "SENTINEL_SOURCE_TOKEN", "SENTINEL_MCP_TOKEN"];
  expect([...named].filter((name) => ours.test(name) && !(name in VARIABLES) && !shell.includes(name))).toEqual([]);
});

const shellIn = (text: string): string[] =>
  fencesIn(text).flatMap(({ language, text: script }) => (language === "sh" ? [script] : []));

test.each(each(shellIn))("%s: bash parses %j", (_, script) => {
  expect(() => execFileSync("bash", ["-n"], { input: script })).not.toThrow();
});

test.each(each((text) => fencesIn(text).filter(({ language }) => language === "json")))(
  "%s: %j is JSON",
  (_, fence) => {
    expect(() => JSON.parse(fence.text)).not.toThrow();
  },
);

/** `npm run X`, `npx X` in prose too: people copy those as well. */
const commandsOf = (text: string): string[][] =>
  [...shellIn(text), ...codeIn(text).filter((code) => /^(?:npm|npx) /.test(code))].flatMap(commandsIn);

describe("commands are those that there are", () => {
  test.each(each((text) => commandsOf(text).filter(([program]) => program === "npm")))("%s: %j", (_, words) => {
    const [, verb, script = ""] = words;
    if (verb === "test" || verb === "start") expect(scripts).toHaveProperty([verb]);
    if (verb !== "run") return;
    expect(scripts).toHaveProperty([script]);
    if (script === "sentinel" && words.length > 4) assertSentinelCommand(words.slice(4));
  });

  test.each(each((text) => commandsOf(text).filter(([program]) => program === "npx")))("%s: %j", (_, words) => {
    expect(existsSync(join("node_modules", ".bin", words[1]!))).toBe(true);
    const project = words[words.indexOf("--project") + 1]!;
    if (words.includes("--project")) expect(readFileSync("vitest.config.ts", "utf8")).toContain(`name: "${project}"`);
    for (const file of words.filter((word) => PATH.test(word) && !/[A-Z]{3}/.test(word)))
      expect(existsSync(file), file).toBe(true);
  });
});

interface Call {
  method: Method;
  path: string;
  query: URLSearchParams;
  body: unknown;
}

/** What a curl command asks of the API; null for other addresses. */
function callOf(words: readonly string[]): Call | null {
  const address = words.map((word) => /^(?:\$SENTINEL|http:\/\/localhost:3000)(\/.*)$/.exec(word)?.[1]).find(Boolean);
  if (!address) return null;
  const after = (...names: string[]) => words[words.findIndex((word) => names.includes(word)) + 1]!;
  const has = (...names: string[]) => names.some((name) => words.includes(name));
  const sent = has("-d", "--data") ? after("-d", "--data") : null;
  const method = has("-X", "--request") ? after("-X", "--request") : sent === null ? "GET" : "POST";
  const { pathname, searchParams } = new URL(address, "http://localhost");
  expect(METHODS).toContain(method);
  return {
    method: method as Method,
    path: pathname,
    query: searchParams,
    body: sent === null ? null : JSON.parse(sent),
  };
}

const isAt = (pattern: string, path: string): boolean =>
  new RegExp(`^${pattern.replace(/\{\w+\}/g, "[^/]+")}$`).test(path);
/** Outside of the API, and without a contract. */
const PLAIN = ["/healthz", "/readyz", "/metrics", "/openapi.json"];

test.each(
  each((text) =>
    shellIn(text)
      .flatMap(commandsIn)
      .filter(([program]) => program === "curl"),
  ),
)("%s: the API takes %j", (_, words) => {
  const call = callOf(words);
  if (call === null || PLAIN.includes(call.path)) return;
  // What is written out goes before what stands for any name.
  const resource =
    API.find(({ path }) => path === call.path) ??
    API.find((one) => isAt(one.path, call.path) && one.endpoints[call.method]);
  const endpoint = resource?.endpoints[call.method];
  expect(endpoint, `${call.method} ${call.path}`).toBeDefined();
  if (endpoint!.query) endpoint!.query.strict().parse(Object.fromEntries(call.query));
  if (endpoint!.body) endpoint!.body.parse(call.body);
  else expect(call.body).toBeNull();
  if (resource === INGEST) {
    const { events } = INGEST.endpoints.POST.body.parse(call.body);
    for (const event of events) AgentEvent.strict().parse(event);
  }
});
