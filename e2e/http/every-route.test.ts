import { afterAll, describe, expect, test } from "vitest";
import { asAgent, asPerson, asProgram, asSender, type Init, problemOf, url } from "./client";

interface Operation {
  parameters?: { name: string; in: string; schema?: { enum?: string[] } }[];
  description: string;
  requestBody?: { content: Record<string, unknown> };
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
  })),
);
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

/** The operations of one kind, as a table for `test.each`. */
const all = (which: (one: (typeof operations)[number]) => boolean) =>
  operations.filter(which).map((one) => [`${one.method} ${one.path}`, one] as const);
/** Of the type that the operation takes: JSON, where that is one. */
const bodyOf = ({ requestBody }: Operation): Init => {
  if (!requestBody) return {};
  const types = Object.keys(requestBody.content);
  return {
    body: "{}",
    headers: { "content-type": types.includes("application/json") ? "application/json" : types[0]! },
  };
};
/** As whoever the operation is for. */
const send = (access: string[], path: string, init: Init) =>
  isForPeople(access) || access.includes("public")
    ? asPerson("admin", path, init)
    : access.some((way) => way === "alertSource" || way === "signature")
      ? asSender(path, init)
      : access.includes("apiToken")
        ? asProgram(path, init)
        : asAgent(path, init);

describe("without credentials", () => {
  test.each(all(() => true))("%s", async (_, { path, method, operation, access }) => {
    const answer = await fetch(url + filled(path, "x", operation), { method, ...bodyOf(operation) });
    if (access.includes("public")) expect(answer.status).toBeLessThan(500);
    else expect((await problemOf(answer)).status).toBe(401);
  });
});

describe("with ids that nothing has", () => {
  test.each(all(({ path }) => path.includes("{")))("%s", async (_, { path, method, operation, access }) => {
    for (const id of IDS) {
      const answer = await send(access, filled(path, id, operation), { method, ...bodyOf(operation) });
      // A type of agent may be set up before its first agent comes.
      if (answer.ok) expect(path, `${id} was found`).toMatch(/agent-types/);
      else expect((await problemOf(answer)).status, id).toBeLessThan(500);
    }
  });
});

describe("from another origin", () => {
  const changing = all(({ access, method }) => isForPeople(access) && method !== "GET");
  test.each(changing)("%s", async (_, { path, method, operation }) => {
    for (const origin of ["https://evil.example", "null", `${url}.evil.example`, url.replace(/:\d+$/, ":1")]) {
      const init = { method, ...bodyOf(operation), headers: { ...json, origin } };
      const answer = await asPerson("admin", filled(path, "x", operation), init);
      expect((await problemOf(answer)).status).toBe(403);
    }
  });
});

describe("with too small a role", () => {
  const higher = all(({ access }) => isForPeople(access) && !access.includes("viewer"));
  test.each(higher)("%s", async (_, { path, method, operation }) => {
    const answer = await asPerson("viewer", filled(path, "x", operation), { method, ...bodyOf(operation) });
    expect((await problemOf(answer)).status).toBe(403);
  });
});

describe("with bodies that are none", () => {
  test.each(all(({ operation }) => Boolean(operation.requestBody)))(
    "%s",
    async (_, { path, method, operation, access }) => {
      const target = filled(path, "nothing-has-this-id", operation);
      for (const body of ["{", "", "[]", "null", '"x"', "1", '{"__proto__":{"a":1}}', "[".repeat(200)]) {
        const answer = await send(access, target, { method, headers: json, body });
        expect(answer.status, `${body}: ${answer.status}`).toBeLessThan(500);
        if (!answer.ok) await problemOf(answer);
      }
      const asText = await send(access, target, { method, headers: { "content-type": "text/plain" }, body: "{}" });
      expect((await problemOf(asText)).status).toBe(415);
    },
  );
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
  "/api/v1/alerts",
  "/api/v1/alerts/nagios",
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
