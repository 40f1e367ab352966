import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@libsql/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OwnServer, until } from "./own-server";

interface Head {
  seq: number;
  hash: string;
}
const beats: Head[] = [];
const receiver = createServer((request, response) => {
  let text = "";
  request.on("data", (chunk: Buffer) => (text += chunk.toString()));
  request.on("end", () => {
    beats.push((JSON.parse(text) as { audit_head: Head }).audit_head);
    response.writeHead(204).end();
  });
});
let server: OwnServer;

beforeAll(async () => {
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/beat`;
  server = new OwnServer({ LOG_LEVEL: "info", HEARTBEAT_URL: url });
  await server.setUp();
});
afterAll(async () => {
  await server.remove();
  receiver.close();
});

interface HeadAnswer {
  head: Head | null;
  check: { state: string; broken: { seq: number } | null };
}
const headNow = () => server.ask<HeadAnswer>("GET", "/api/v1/audit/head");
const row = async (seq: number) =>
  (await server.rows<{ hash: string }>("SELECT hash FROM audit_log WHERE seq = ?", seq))[0]!;
const logged = () =>
  server.sentinel
    .output()
    .split("\n")
    .flatMap((line) => {
      if (!line.startsWith("{")) return [];
      const { audit_head } = JSON.parse(line) as { audit_head?: Head };
      return audit_head ? [audit_head] : [];
    });

test("at its start the server logs the head, and each heartbeat carries it", async () => {
  await until("the check of what was written", async () => (await headNow()).check.state === "intact");
  await server.kill();
  beats.length = 0;
  await server.start();
  const [said] = await until("the head in the log", async () => logged().length > 0 && logged());
  const [beat] = await until("a heartbeat", async () => beats.length > 0 && beats);
  for (const head of [said!, beat!]) {
    expect(head.seq).toBeGreaterThan(0);
    expect(head.hash).toBe((await row(head.seq)).hash);
  }
});

test("a row that was changed while the server was down is found and named", async () => {
  await server.stop();
  const client = createClient({ url: server.file });
  await client.execute("UPDATE audit_log SET details = json_object('nothing', 'happened') WHERE seq = 2");
  client.close();
  await server.start();
  const { check } = await until("the broken row", async () => {
    const answer = await headNow();
    return answer.check.state === "broken" && answer;
  });
  expect(check.broken).toMatchObject({ seq: 2 });
});
