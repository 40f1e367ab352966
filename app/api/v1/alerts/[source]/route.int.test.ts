import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSource } from "@/lib/auth/sources";
import { TOKEN_SOURCES } from "@/lib/core/base/vocabulary";
import { openServerDb } from "@/lib/db/queries/test-world";
import { unknownPath } from "@/lib/http/unknown-path";
import { ALERT_SENDERS } from "@/lib/ingest/sources/index";
import { DELETE, GET, PATCH, POST, PUT } from "./route";

const HANDLERS = { GET, POST, PUT, PATCH, DELETE };
const SECRET = "a-secret-of-this-test";
let close: () => Promise<void>;
const tokens: Record<string, string> = {};
beforeAll(async () => {
  process.env.PAGERDUTY_WEBHOOK_SECRET = SECRET;
  const opened = await openServerDb();
  ({ close } = opened);
  const { db } = opened;
  for (const kind of TOKEN_SOURCES) ({ token: tokens[kind] } = await createSource(db, { kind, createdBy: "t" }, 1));
});
afterAll(async () => {
  await close();
});

const sampleOf = (kind: string) => readFile(`lib/ingest/sources/${kind}/sample.json`, "utf8");
const proofOf = (kind: string, body: string): Record<string, string> =>
  tokens[kind] === undefined
    ? { "x-pagerduty-signature": `v1=${createHmac("sha256", SECRET).update(body).digest("hex")}` }
    : { authorization: `Bearer ${tokens[kind]}` };

const requestTo = (source: string, init: RequestInit): Request =>
  new Request(`http://sentinel.test/api/v1/alerts/${source}`, init);
const send = (source: string, body: string, headers: Record<string, string>): Promise<Response> =>
  POST(requestTo(source, { method: "POST", body, headers: { "content-type": "application/json", ...headers } }), {
    params: Promise.resolve({ source }),
  });

test.each(Object.keys(ALERT_SENDERS))("%s: its sample is accepted from it, and from nobody else", async (kind) => {
  const sample = await sampleOf(kind);
  const answer = await send(kind, sample, proofOf(kind, sample));
  expect(answer.status).toBe(202);
  const alerts = JSON.parse(await readFile(`lib/ingest/sources/${kind}/sample.alerts.json`, "utf8")) as unknown[];
  expect(await answer.json()).toMatchObject({ accepted: alerts.length, rejected: [], repeated: 0 });

  for (const other of Object.keys(ALERT_SENDERS).filter((one) => one !== kind))
    expect((await send(kind, sample, proofOf(other, sample))).status, other).toBe(401);
  expect((await send(kind, sample, {})).status).toBe(401);

  const read = await GET(requestTo(kind, {}), { params: Promise.resolve({ source: kind }) });
  expect([read.status, read.headers.get("allow")]).toEqual([405, "POST"]);
});

test.each(["nagios", "github", "sentinel", "__proto__", "toString", "Datadog", ""])(
  "%j is no path of the API, whatever the method",
  async (source) => {
    for (const [method, handler] of Object.entries(HANDLERS)) {
      const request = () => requestTo(source, { method, headers: { "x-request-id": "same" } });
      const answer = await handler(request(), { params: Promise.resolve({ source }) });
      expect(answer.status).toBe(404);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(await answer.json()).toEqual(await unknownPath(request()).json());
    }
  },
);
