import { beforeAll, describe, expect, test } from "vitest";
import { asPerson, env, key, problemOf, url } from "./client";
import { cli } from "./process";

interface Made {
  token: {
    id: string;
    shown: string;
    name: string;
    role: string;
    expires_at: number | null;
    last_used_at: number | null;
  };
  secret: string;
}
interface Operation {
  parameters?: { name: string; in: string; schema?: { enum?: string[] } }[];
  description: string;
  requestBody?: unknown;
}
const document = (await (await fetch(`${url}/openapi.json`)).json()) as {
  paths: Record<string, Record<string, Operation>>;
};
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    path: path.replace(/\{(\w+)\}/g, (_, name) => {
      const words = operation.parameters?.find((one) => one.in === "path" && one.name === name)?.schema?.enum;
      return words?.[0] ?? "nothing-has-this-id";
    }),
    method: method.toUpperCase(),
    body: Boolean(operation.requestBody),
    access: operation.description.replace(/^For: |\.$/g, "").split(" or "),
  })),
);
type Case = (typeof operations)[number];
const all = (which: (one: Case) => boolean) =>
  operations.filter(which).map((one) => [`${one.method} ${one.path}`, one] as const);
const STREAM = "/api/v1/events/stream";

const create = (role: string, more: string[] = []) =>
  cli<Made>(env, "tokens", "create", "--name", `${role} of tests`, "--role", role, ...more);
const made = {} as Record<"viewer" | "operator", Made>;
beforeAll(async () => {
  made.viewer = await create("viewer");
  made.operator = await create("operator", ["--expires", "90d"]);
});

const ask = (secret: string, { path, method, body }: Pick<Case, "path" | "method" | "body">) =>
  fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    ...(body ? { body: "{}" } : {}),
  });
/** Whether the door was open: what stands behind it may say that there is nothing, or that the body is not right. */
const admitted = async (answer: Response) => {
  await answer.body?.cancel();
  return answer.status !== 401 && answer.status !== 403;
};

describe("a token with the role viewer", () => {
  test.each(all(({ method, access, path }) => method === "GET" && access.includes("viewer") && path !== STREAM))(
    "reads %s",
    async (_, one) => expect(await admitted(await ask(made.viewer.secret, one))).toBe(true),
  );
  test.each(
    all(
      ({ method, access }) => method !== "GET" && access.some((way) => ["viewer", "operator", "admin"].includes(way)),
    ),
  )("is refused %s", async (_, one) => expect((await problemOf(await ask(made.viewer.secret, one))).status).toBe(403));
});

describe("a token with the role operator", () => {
  test.each(all(({ access }) => access.includes("operator")))("may %s", async (_, one) =>
    expect(await admitted(await ask(made.operator.secret, one))).toBe(true),
  );
  test.each(all(({ access }) => access.length === 1 && access[0] === "admin"))("is refused %s", async (_, one) =>
    expect((await problemOf(await ask(made.operator.secret, one))).status).toBe(403),
  );
});

test("the stream of events is open to a token", async () => {
  const reader = new AbortController();
  const answer = await fetch(url + STREAM, {
    headers: { authorization: `Bearer ${made.viewer.secret}` },
    signal: reader.signal,
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toContain("text/event-stream");
  reader.abort();
});

test("what a token does stands under its name, and its last use is shown", async () => {
  const window = { service: "nothing-*", labels: {}, ends_at: new Date(Date.now() + 3_600_000).toISOString() };
  const answer = await fetch(`${url}/api/v1/maintenance`, {
    method: "POST",
    headers: { authorization: `Bearer ${made.operator.secret}`, "content-type": "application/json" },
    body: JSON.stringify(window),
  });
  expect(await answer.json()).toMatchObject({ created_by: "operator of tests (API token)" });
  const listed = async () =>
    ((await (await asPerson("admin", "/api/v1/tokens")).json()) as { tokens: Made["token"][] }).tokens;
  await expect
    .poll(async () => (await listed()).find(({ id }) => id === made.operator.token.id)?.last_used_at)
    .toBeGreaterThan(0);
  expect(made.operator.token.expires_at).toBeGreaterThan(Date.now() + 89 * 86_400_000);
  expect(JSON.stringify(await listed())).not.toContain(made.operator.secret);
});

test("a person makes one, and ends it: it is refused at once, also beside a session", async () => {
  const json = { "content-type": "application/json" };
  const answer = await asPerson("admin", "/api/v1/tokens", {
    method: "POST",
    headers: json,
    body: JSON.stringify({ name: "from the screen", role: "viewer", expires_in_days: 1 }),
  });
  expect(answer.status).toBe(201);
  const { token, secret } = (await answer.json()) as Made;
  const overview = () => asPerson("viewer", "/api/v1/overview", { headers: { authorization: `Bearer ${secret}` } });
  expect((await overview()).status).toBe(200);
  expect((await asPerson("admin", `/api/v1/tokens/${token.id}`, { method: "DELETE" })).status).toBe(204);
  expect((await problemOf(await overview())).status).toBe(401);
});

test.each([
  [{ name: "x", role: "admin" }, "role"],
  [{ name: "", role: "viewer" }, "name"],
  [{ name: "x", role: "viewer", expires_in_days: 0 }, "expires_in_days"],
  [{ name: "x", role: "viewer", extra: 1 }, "extra"],
])("%j is refused, naming the field", async (body, field) => {
  const answer = await asPerson("admin", "/api/v1/tokens", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const problem = await problemOf(answer);
  expect(problem.status).toBe(400);
  expect(JSON.stringify(problem.errors)).toContain(field);
});

test("an agent's key opens nothing of people's, and a token reports for no agent", async () => {
  expect((await problemOf(await ask(key, { path: "/api/v1/overview", method: "GET", body: false }))).status).toBe(401);
  const ingest = { path: "/api/v1/ingest", method: "POST", body: true };
  expect((await problemOf(await ask(made.operator.secret, ingest))).status).toBe(401);
});
