import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OwnServer, until } from "./own-server";

const server = new OwnServer();
const got: { id: string; body: { type: string; data: { title: string; link: string | null } } }[] = [];
let asked = 0;
let refusing = true;
const receiver = createServer((request, response) => {
  let text = "";
  request.on("data", (chunk: Buffer) => (text += chunk.toString()));
  request.on("end", () => {
    asked++;
    if (refusing) return response.writeHead(503).end();
    got.push({ id: String(request.headers["webhook-id"]), body: JSON.parse(text) as (typeof got)[0]["body"] });
    return response.writeHead(204).end();
  });
});
const RECEIVER = "https://receiver.example";
let address = "";

beforeAll(async () => {
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
  address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  await server.setUp(["admin", "operator", "viewer"]);
});
afterAll(async () => {
  await server.remove();
  receiver.close();
});

interface Log {
  notifications: { id: string; state: string; error: string | null; purpose: string; attempts: number }[];
}
const log = () => server.ask<Log>("GET", "/api/v1/notifications");
const setup = (at = RECEIVER) => ({ kind: "webhook", url: `${at}/hook`, secret: `whsec_${Buffer.alloc(32, 1).toString("base64")}` }); // prettier-ignore

const slackApp = { kind: "slack_app", token: "xoxb-0000000000-tests-only", channel: "C0TESTS", signing_secret: "0".repeat(32) }; // prettier-ignore

test("what pages while the receiver is down and the processes are killed arrives once", async () => {
  await server.ask("POST", "/api/v1/notification-channels", { name: "on call", setup: setup(address) });
  await server.ask("PATCH", "/api/v1/settings", { global_stop: true });
  await until("it was tried", async () => asked > 0);
  await server.kill();
  refusing = false;
  await server.start();
  await until("it was sent", async () => (await log()).notifications.every(({ state }) => state === "sent"));
  expect(got.map(({ body }) => [body.type, body.data.title, body.data.link])).toEqual([
    ["sentinel.page", "Global stop: admin stopped all automatic actions", null],
  ]);
  await server.ask("PATCH", "/api/v1/settings", { global_stop: false });
  await until("the next one was sent", async () => got.length === 2);
  expect(new Set(got.map(({ id }) => id)).size).toBe(2);
});

test.each([
  [{ name: "", setup: setup() }, "name"],
  [{ name: "c", setup: { kind: "slack", url: "javascript:alert(1)" } }, "setup.url"],
  [{ name: "c", setup: { ...setup(), secret: "short" } }, "setup.secret"],
  [{ name: "c", setup: { ...slackApp, token: "xoxp-of-a-person-000" } }, "setup.token"],
  [{ name: "c", setup: { ...slackApp, channel: "#on-call" } }, "setup.channel"],
  [{ name: "c", setup: { ...slackApp, signing_secret: "short" } }, "setup.signing_secret"],
  [{ name: "c", setup: { kind: "email", to: [] } }, "setup.to"],
  [{ name: "c", setup: { kind: "email", to: ["a@b.org\r\nBcc: c@d.org"] } }, "setup.to[0]"],
  [{ name: "c", setup: { kind: "ntfy", url: "https://ntfy.sh/a/b" } }, "setup.url"],
  [{ name: "c", setup: { kind: "carrier-pigeon" } }, "setup.kind"],
  [{ name: "c", setup: setup(), rules: { min_severity: 11 } }, "rules.min_severity"],
  [{ name: "c", setup: setup(), rules: { quiet: { days: ["mon"], from: "9", until: "10:00", time_zone: "UTC" } } }, "rules.quiet.from"], // prettier-ignore
  [{ name: "c", setup: setup(), rule: {} }, "rule"],
])("%j is refused by the name of %s", async (body, field) => {
  const answer = await server.send("POST", "/api/v1/notification-channels", body);
  expect(answer.status).toBe(400);
  expect((answer.body as { errors: { field: string }[] }).errors.map((error) => error.field)).toContain(field);
});

test("only admins make channels; addresses are not shown to anybody", async () => {
  for (const role of ["operator", "viewer"])
    expect((await server.send("POST", "/api/v1/notification-channels", { name: "c", setup: setup() }, role)).status).toBe(403); // prettier-ignore
  const { body } = await server.send("GET", "/api/v1/notification-channels", undefined, "viewer");
  expect(JSON.stringify(body)).not.toContain("/hook");
  const [{ sealed }] = (await server.rows<{ sealed: string }>("SELECT sealed FROM notification_channels")) as [{ sealed: string }]; // prettier-ignore
  expect(Buffer.from(sealed, "base64url").toString("latin1")).not.toContain("hook");
});
