import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createAlertSender } from "./alert-sender";
import { readRules, type RuleAlert } from "./rules";

const folder = mkdtempSync(join(tmpdir(), "sentinel-sender-"));
const told: { status: string; alerts: { status: string; labels: Record<string, string> }[] }[] = [];
let answers = 200;
const webhook = createServer((request, response) => {
  let text = "";
  request.on("data", (chunk: Buffer) => (text += chunk.toString()));
  request.on("end", () => {
    if (answers === 200) told.push(JSON.parse(text) as (typeof told)[number]);
    response.writeHead(answers).end();
  });
});
beforeAll(() => new Promise<void>((resolve) => webhook.listen(0, "127.0.0.1", resolve)));
afterAll(() => {
  webhook.close();
  rmSync(folder, { recursive: true });
});

const [rule] = readRules('{"groups":[{"name":"g","rules":[{"alert":"High","expr":"a > 5"}]}]}');
const alert = (service: string, firedAt: number | null, endedAt: number | null = null): RuleAlert => ({
  rule: rule!,
  labels: { alertname: "High", service },
  annotations: {},
  value: 7,
  state: firedAt === null ? "pending" : endedAt === null ? "firing" : "resolved",
  activeAt: 0,
  firedAt,
  endedAt,
});

it("tells of each beginning and each end once, by service, and again what could not be told", async () => {
  const tokenFile = join(folder, "token");
  writeFileSync(tokenFile, "t\n");
  const complaints: string[] = [];
  const url = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`;
  const sender = createAlertSender({ url, tokenFile }, "http://prometheus.invalid", (line) => complaints.push(line));
  const turn = async (now: number, ...alerts: RuleAlert[]) => {
    told.length = 0;
    await sender.turn(alerts, now);
    return told.map((t) => `${t.status}: ${t.alerts.map((a) => `${a.labels["service"]} ${a.status}`).join(", ")}`).toSorted(); // prettier-ignore
  };
  expect(await turn(0, alert("shop", null))).toEqual([]);
  expect(await turn(10_000, alert("shop", 10_000), alert("mail", 9_000))).toEqual(["firing: mail firing", "firing: shop firing"]); // prettier-ignore
  expect(await turn(20_000, alert("shop", 10_000))).toEqual([]);
  answers = 503;
  expect(await turn(30_000, alert("shop", 10_000, 29_000))).toEqual([]);
  expect(complaints).toEqual(["alerts of shop could not be sent: the webhook answered 503"]);
  answers = 200;
  // Not at every turn: the interval between two tries has to pass.
  expect(await turn(32_000, alert("shop", 10_000, 29_000))).toEqual([]);
  expect(await turn(36_000, alert("shop", 10_000, 29_000))).toEqual(["resolved: shop resolved"]);
  expect(await turn(50_000, alert("shop", 10_000, 29_000))).toEqual([]);
  expect(await turn(60_000, alert("shop", 60_000))).toEqual(["firing: shop firing"]);
  // What ended before anybody could be told of it is not told.
  answers = 503;
  expect(await turn(60_000, alert("late", 60_000))).toEqual([]);
  answers = 200;
  expect(await turn(70_000, alert("late", 60_000, 69_000))).toEqual([]);
  expect(await turn(60_000 + 3_600_000, alert("shop", 60_000))).toEqual(["firing: shop firing"]);
});
