import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { createKey } from "@/lib/auth/keys";
import { inviteLink, redeemLink, setupLink } from "@/lib/auth/links";
import { type Access, METHODS, resource } from "@/lib/contracts/endpoint";
import { Problem } from "@/lib/contracts/problem";
import { ROLES } from "@/lib/core/base/vocabulary";
import { getDb } from "@/lib/db/client";
import { openServerDb } from "@/lib/db/queries/test-world";
import { SentinelError } from "@/lib/errors";
import { type NextHandler, route } from "./route";

const HOST = "sentinel.test:3000";
const OWN = `http://${HOST}`;
const cookies: Record<string, string> = {};
let secret: string;

let close: () => Promise<void>;
beforeAll(async () => {
  process.env.CRON_SECRET = "cron-secret-of-this-test";
  const opened = await openServerDb();
  ({ close } = opened);
  const { db } = opened;
  ({ secret } = await createKey(db, { name: "k", createdBy: "t" }, 0));
  for (const role of [...ROLES].reverse()) {
    const email = `${role}@example.com`;
    const link =
      role === "admin" ? await setupLink(db, OWN, 0) : await inviteLink(db, { email, role, createdBy: "t" }, OWN, 0);
    const token = new URL(link!.url).hash.replace("#token=", "");
    const signedIn = await redeemLink(db, { token, email, name: role, password: "a long password" }, new Headers(), 1);
    cookies[role] = signedIn.cookies.getSetCookie()[0]!.split(";")[0]!;
  }
});
afterAll(async () => {
  await close();
});

const call = (handler: NextHandler, method: string, headers: Record<string, string> = {}, body?: string) =>
  handler(
    new Request(`${OWN}/x?n=1&n=2&one=3`, { method, headers: { host: HOST, ...headers }, ...(body ? { body } : {}) }),
    { params: Promise.resolve({ id: "7" }) },
  );
const asPerson = (role: string) => ({ cookie: cookies[role]!, origin: OWN });
const asKey = () => ({ authorization: `Bearer ${secret}` });
const asCron = () => ({ authorization: "Bearer cron-secret-of-this-test" });

const open = (auth: Access | readonly Access[]) => {
  const endpoint = { auth, scope: "events" as const, summary: "s", response: z.object({ who: z.string().nullable() }) };
  const handler = ({ user, key }: { user: unknown; key: unknown }) => ({
    who: (user as { role: string } | null)?.role ?? (key as { name: string } | null)?.name ?? null,
  });
  return route(resource("/x", { GET: endpoint, POST: endpoint }), { GET: handler, POST: handler } as never);
};

describe("who may", () => {
  const callers: [string, () => Record<string, string>][] = [
    ["nobody", () => ({ origin: OWN })],
    ["viewer", () => asPerson("viewer")],
    ["operator", () => asPerson("operator")],
    ["admin", () => asPerson("admin")],
    ["key", asKey],
    ["cron", asCron],
    ["wrong key", () => ({ authorization: "Bearer snt_wrong" })],
    ["wrong scheme", () => ({ authorization: `Basic ${secret}` })],
  ];
  const table: [Access | readonly Access[], Record<string, number>][] = [
    ["public", {}],
    ["viewer", { nobody: 401, key: 401, cron: 401, "wrong key": 401, "wrong scheme": 401 }],
    ["operator", { nobody: 401, viewer: 403, key: 401, cron: 401, "wrong key": 401, "wrong scheme": 401 }],
    ["admin", { nobody: 401, viewer: 403, operator: 403, key: 401, cron: 401, "wrong key": 401, "wrong scheme": 401 }],
    [
      "ingestKey",
      { nobody: 401, viewer: 401, operator: 401, admin: 401, cron: 401, "wrong key": 401, "wrong scheme": 401 },
    ],
    [
      "cronSecret",
      { nobody: 401, viewer: 401, operator: 401, admin: 401, key: 401, "wrong key": 401, "wrong scheme": 401 },
    ],
    [["ingestKey", "operator"], { nobody: 401, viewer: 403, cron: 401, "wrong key": 401, "wrong scheme": 401 }],
  ];
  for (const [auth, refused] of table) {
    test.each(callers)(`${String(auth)} for %s`, async (caller, headers) => {
      for (const method of ["GET", "POST"] as const) {
        expect((await call(open(auth)[method], method, headers())).status).toBe(refused[caller] ?? 200);
      }
    });
  }

  test("a wrong key is not rescued by a good cookie", async () => {
    const handler = open(["ingestKey", "operator"]).GET;
    const answer = await call(handler, "GET", { ...asPerson("admin"), authorization: "Bearer snt_wrong" });
    expect(answer.status).toBe(401);
  });
});

describe("where from (CSRF)", () => {
  const from = (headers: Record<string, string>) => ({ cookie: cookies.admin!, ...headers });
  test.each([
    [{ origin: OWN }, 200],
    [{ origin: `https://${HOST}` }, 200],
    [{ origin: "http://evil.test" }, 403],
    [{ origin: "http://sentinel.test.evil.test:3000" }, 403],
    [{ origin: "http://sentinel.test:3001" }, 403],
    [{ origin: "null" }, 403],
    [{ origin: "not a url" }, 403],
    [{ origin: "http://evil.test", "sec-fetch-site": "same-origin" }, 403],
    [{ "sec-fetch-site": "same-origin" }, 200],
    [{ "sec-fetch-site": "same-site" }, 403],
    [{ "sec-fetch-site": "cross-site" }, 403],
    [{}, 403],
  ])("%j: %i", async (headers, status) => {
    expect((await call(open("admin").POST, "POST", from(headers as never))).status).toBe(status);
    expect((await call(open("public").POST, "POST", from(headers as never))).status).toBe(status);
    expect((await call(open("admin").GET, "GET", from(headers as never))).status).toBe(200);
  });

  test("an agent's key needs no origin, and a caller without a cookie may leave it out", async () => {
    expect((await call(open("ingestKey").POST, "POST", asKey())).status).toBe(200);
    expect((await call(open("public").POST, "POST")).status).toBe(200);
    expect((await call(open("public").POST, "POST", { origin: "http://evil.test" })).status).toBe(403);
  });
});

const ITEM = resource("/x/{id}", {
  POST: {
    auth: "ingestKey",
    scope: "changes",
    summary: "s",
    params: z.object({ id: z.coerce.number() }),
    query: z.object({ n: z.array(z.coerce.number()), one: z.coerce.number().max(2) }).partial({ one: true }),
    body: z.object({ deep: z.array(z.object({ at: z.number() })) }),
    response: z.unknown(),
  },
});

const json = (body: string, headers: Record<string, string> = {}) => {
  const handler = route(ITEM, { POST: ({ params, query, body }) => ({ params, query, body }) }).POST;
  return call(handler, "POST", { ...asKey(), "content-type": "application/json", ...headers }, body);
};
const problemOf = async (answer: Response) => {
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  return Problem.parse(await answer.json());
};

describe("errors are problem+json", () => {
  test("a key without the scope is refused, and told which it needs", async () => {
    const { secret: logsOnly } = await createKey(
      await getDb(),
      { name: "l", scopes: ["logs"], services: ["*"], createdBy: "t" },
      0,
    );
    const answer = await call(open("ingestKey").POST, "POST", { authorization: `Bearer ${logsOnly}` });
    expect(answer.status).toBe(403);
    expect((await problemOf(answer)).detail).toContain("scope events");
  });

  test("a bad query, body or path names its field", async () => {
    expect(await problemOf(await json('{"deep":[]}'))).toMatchObject({ status: 400, errors: [{ field: "one" }] });
  });

  test("malformed JSON tells the byte", async () => {
    const handler = route(resource("/x", { POST: { auth: "public", summary: "s", body: z.unknown() } }), {
      POST: () => undefined,
    }).POST;
    const answer = await call(handler, "POST", { "content-type": "application/json" }, '{"a":NaN}');
    expect(await problemOf(answer)).toMatchObject({ status: 400, code: "malformed", offset: 5 });
    expect((await call(handler, "POST", { "content-type": "application/json" }, "1")).status).toBe(204);
  });

  test("access is checked before anything is parsed", async () => {
    expect((await json("{", { authorization: "Bearer snt_wrong" })).status).toBe(401);
  });

  test("a method that is not there is 405 with Allow", async () => {
    const handlers = route(resource("/x", { GET: { auth: "admin", summary: "s" } }), { GET: () => undefined });
    for (const method of METHODS.filter((m) => m !== "GET")) {
      const answer = await call(handlers[method], method);
      expect(answer.headers.get("allow")).toBe("GET");
      expect(await problemOf(answer)).toMatchObject({ status: 405 });
    }
  });

  test("a refusal keeps its headers, a bug is 500 and silent, a ZodError from within is a bug", async () => {
    const failing = (error: unknown) =>
      call(
        route(resource("/x", { GET: { auth: "public", summary: "s" } }), {
          GET: () => {
            throw error;
          },
        }).GET,
        "GET",
        { "x-request-id": "trace-1" },
      );
    const limited = await failing(new SentinelError("rate_limited", { headers: { "retry-after": "3" } }));
    expect(limited.headers.get("retry-after")).toBe("3");
    expect(limited.headers.get("x-request-id")).toBe("trace-1");
    const bug = await failing(z.string().safeParse(1).error);
    expect(await problemOf(bug)).toMatchObject({ status: 500, code: "internal", request_id: "trace-1" });
  });

  test("a request id that could forge a log line is replaced", async () => {
    const answer = await call(open("public").GET, "GET", { "x-request-id": "a b" });
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});
