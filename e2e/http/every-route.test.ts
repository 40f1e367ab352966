import { afterAll, describe, expect, test } from "vitest";
import { asAgent, asPerson, problemOf, url } from "./client";

interface Operation {
  parameters?: { name: string; in: string; schema?: { enum?: string[] } }[];
  description: string;
  requestBody?: unknown;
  responses: Record<string, { content?: Record<string, unknown> }>;
}
const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
  paths: Record<string, Record<string, Operation>>;
};

/** Would end the sessions that the rest is tried with; it has a test of its own. */
const SIGN_OUT = "/api/auth/sign-out";
const METHODS = ["get", "post", "put", "patch", "delete"];
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  METHODS.filter((method) => item[method] && path !== SIGN_OUT).map((method) => ({
    path,
    method: method.toUpperCase(),
    operation: item[method]!,
    access: item[method]!.description.replace(/^For: |\.$/g, "").split(" or "),
    streams: "text/event-stream" in (item[method]!.responses[200]?.content ?? {}),
  })),
);
const named = operations.map((one) => [`${one.method} ${one.path}`, one] as const);
const isForPeople = (access: string[]) => access.some((way) => ["viewer", "operator", "admin"].includes(way));

/** Ids that nothing has, and that try to be something else. */
const IDS = ["nothing-has-this-id", "0", "hasOwnProperty", "' OR 1=1 --", "../../keys", "%00", "x".repeat(3_000), "名"];
/** A parameter with a list of words is given one of them. */
const filled = (path: string, id: string, { parameters = [] }: Partial<Operation> = {}) =>
  path.replace(/\{(\w+)\}/g, (_, name) => {
    const words = parameters.find((one) => one.in === "path" && one.name === name)?.schema?.enum;
    return encodeURIComponent(words?.[0] ?? id);
  });
const json = { "content-type": "application/json" };

afterAll(async () => {
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ ready: true });
});

test("the document lists the API", () => expect(operations.length).toBeGreaterThan(20));

describe.each(named)("%s", (_, { path, method, operation, access, streams }) => {
  const body = operation.requestBody ? { body: "{}", headers: json } : {};

  test("without credentials", async () => {
    const answer = await fetch(url + filled(path, "x", operation), { method, ...body });
    if (access.includes("public")) expect(answer.status).toBeLessThan(500);
    else expect((await problemOf(answer)).status).toBe(401);
  });

  test("with ids that nothing has", async () => {
    for (const id of streams ? [] : IDS) {
      const send = isForPeople(access) || access.includes("public") ? asPerson.bind(null, "admin") : asAgent;
      const answer = await send(filled(path, id, operation), { method, ...body });
      expect(answer.status, `${id}: ${answer.status}`).toBeLessThan(500);
      if (answer.status >= 400) await problemOf(answer);
      else if (path.includes("{")) expect(path, `${id} was found`).toMatch(/settings|agent-types/);
      else await answer.body?.cancel();
    }
  });

  test.runIf(isForPeople(access) && method !== "GET")("from another origin", async () => {
    for (const origin of ["https://evil.example", "null", `${url}.evil.example`, url.replace(/:\d+$/, ":1")]) {
      const headers = { ...json, origin };
      const answer = await asPerson("admin", filled(path, "x", operation), { method, ...body, headers });
      expect((await problemOf(answer)).status).toBe(403);
    }
  });

  test.runIf(isForPeople(access) && !access.includes("viewer"))("with too small a role", async () => {
    const answer = await asPerson("viewer", filled(path, "x", operation), { method, ...body });
    expect((await problemOf(answer)).status).toBe(403);
  });

  test.runIf(operation.requestBody)("with bodies that are none", async () => {
    const send = isForPeople(access) || access.includes("public") ? asPerson.bind(null, "admin") : asAgent;
    const target = filled(path, "nothing-has-this-id", operation);
    for (const text of ["{", "", "[]", "null", '"x"', "1", '{"__proto__":{"a":1}}', `${"[".repeat(200)}`]) {
      const answer = await send(target, { method, headers: json, body: text });
      expect(answer.status, `${text}: ${answer.status}`).toBeLessThan(500);
      if (answer.status >= 400) await problemOf(answer);
    }
    const asText = await send(target, { method, headers: { "content-type": "text/plain" }, body: "{}" });
    expect((await problemOf(asText)).status).toBe(415);
  });
});

describe("methods that a resource does not know", () => {
  test.each(Object.entries(document.paths))("%s", async (path, item) => {
    const known = METHODS.filter((method) => item[method]).map((method) => method.toUpperCase());
    for (const method of METHODS.map((m) => m.toUpperCase()).filter((m) => !known.includes(m))) {
      const answer = await asPerson("admin", filled(path, "x"), { method });
      expect(answer.headers.get("allow")).toBe(known.join(", "));
      expect((await problemOf(answer)).status).toBe(405);
    }
  });
});

test.each([
  "/api",
  "/api/",
  "/api/v1",
  "/api/v1/nothing",
  "/api/auth/get-session",
  "/api/auth/sign-up/email",
  "/api/v2/x",
  "/api/v1/agents/a/b/c/d",
])("%s is 404 in the API's words", async (path) => {
  for (const method of ["GET", "POST", "DELETE"]) {
    const answer = await fetch(url + path, { method, redirect: "follow" });
    expect((await problemOf(answer)).status).toBe(404);
  }
});
