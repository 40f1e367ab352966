import { describe, expect, test } from "vitest";
import { asPerson, ingest, url } from "./client";

/** The sources of each directive of an answer's policy. Throws when there is none, or more than one. */
function policyOf({ headers }: Response): Record<string, string[]> {
  const policy = headers.get("content-security-policy");
  // Of two headers, fetch makes one with a comma, and a browser would hold the page by both.
  if (!policy || policy.includes(",")) throw new Error(`not one policy: ${policy}`);
  return Object.fromEntries(
    policy.split(";").map((directive) => {
      const [name, ...sources] = directive.trim().split(" ");
      return [name!, sources];
    }),
  );
}
const nonceOf = (policy: Record<string, string[]>) =>
  /^'nonce-([A-Za-z0-9+/]{22}==)'$/.exec(policy["script-src"]!.find((source) => source.includes("nonce"))!)![1]!;

const PAGES: [path: string, status: number, person?: string][] = [
  ["/sign-in", 200],
  ["/setup", 200],
  ["/nothing-is-here", 404],
  ["/nothing.txt", 404],
  ["/apiary", 404],
  ["/", 200, "viewer"],
  ["/agents?q=x", 200, "viewer"],
  ["/settings?tab=keys", 200, "admin"],
  ["/agents/nothing-has-this-id", 200, "viewer"],
];

describe("a page's policy lets only what carries the request's own nonce run", () => {
  test.each(PAGES)("%s (%d)", async (path, status, person) => {
    const ask = () => (person ? asPerson(person, path) : fetch(url + path));
    const answer = await ask();
    expect(answer.status).toBe(status);
    const policy = policyOf(answer);
    const nonce = nonceOf(policy);
    expect(policy["script-src"]).toEqual(["'self'", `'nonce-${nonce}'`, "'strict-dynamic'"]);
    expect(policy["style-src-elem"]).toEqual(["'self'", `'nonce-${nonce}'`]);
    expect(policy["style-src"]).toEqual(["'self'", `'nonce-${nonce}'`]);
    expect(policy).toMatchObject({ "object-src": ["'none'"], "base-uri": ["'none'"], "frame-ancestors": ["'none'"] });
    const html = await answer.text();
    const elements = html.match(/<(?:script|style)\b[^>]*>/g)!;
    expect(elements.length).toBeGreaterThan(1);
    expect(elements.filter((element) => !element.includes(`nonce="${nonce}"`))).toEqual([]);
    expect(nonceOf(policyOf(await ask()))).not.toBe(nonce);
  });

  test("a nonce that the request brings along is not taken", async () => {
    const sent = "AAAAAAAAAAAAAAAAAAAAAA==";
    const headers = { "x-nonce": sent, "content-security-policy": `script-src 'nonce-${sent}'` };
    const answer = await fetch(`${url}/sign-in`, { headers });
    expect(nonceOf(policyOf(answer))).not.toBe(sent);
    expect(await answer.text()).not.toContain(sent);
  });
});

test.each([
  "/api/v1/agents",
  "/api/v1/nothing",
  "/healthz",
  "/readyz",
  "/openapi.json",
  "/icon.svg",
  "/_next/static/nothing.js",
])("%s may load nothing", async (path) =>
  expect(policyOf(await fetch(url + path))).toEqual({ "default-src": ["'none'"], "frame-ancestors": ["'none'"] }),
);

test("a body of more than a proxy passes on reaches the API whole", async () => {
  // A proxy of Next would cut it at 10 MB without a word; here the API itself says what is wrong with it.
  const answer = await ingest(`[${" ".repeat(11_000_000)}`);
  expect(policyOf(answer)).toEqual({ "default-src": ["'none'"], "frame-ancestors": ["'none'"] });
  expect(answer.status).toBe(413);
});
