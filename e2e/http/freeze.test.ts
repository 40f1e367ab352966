import { expect, test } from "vitest";
import { asAgent, asPerson, asSender, env, problemOf, url } from "./client";
import { until } from "./own-server";
import { cli } from "./process";

const json = { "content-type": "application/json" };
const KEY = "sk_live_4eC39HqLyjWDarjtT1zdp7dc";

interface CaseFile {
  format: string;
  kind: string;
  evidence: { alerts: { service: string; summary: string }[]; bundle: { logs: { line: string }[] } };
  answer: { healthy: boolean | null };
}

test("an incident is taken away as a case by operators and their tokens, redacted, and by nobody else", async () => {
  const line = `till cannot reach its database, key ${KEY}`;
  const pushed = await asAgent("/api/v1/logs", {
    method: "POST",
    headers: json,
    body: JSON.stringify({ lines: [{ service: "frozen-till", line, timestamp: Date.now() - 60_000 }] }),
  });
  expect(pushed.status).toBeLessThan(300);
  const labels = { alertname: "Slow", service: "frozen-till", severity: "critical" };
  const alert = {
    status: "firing",
    labels,
    annotations: { summary: "till is slow" },
    startsAt: new Date().toISOString(),
    endsAt: "0001-01-01T00:00:00Z",
    generatorURL: "",
    fingerprint: "00000000000000fc",
  };
  await asSender("/api/v1/alerts/alertmanager", {
    method: "POST",
    headers: json,
    body: JSON.stringify({
      version: "4",
      groupKey: "{}",
      status: "firing",
      receiver: "sentinel",
      groupLabels: {},
      commonLabels: {},
      commonAnnotations: {},
      externalURL: "http://alertmanager",
      truncatedAlerts: 0,
      alerts: [alert],
    }),
  });
  const list = (await (await asPerson("viewer", "/api/v1/incidents?service=frozen-till")).json()) as {
    incidents: { id: string }[];
  };
  const path = `/api/v1/incidents/${list.incidents[0]!.id}/case`;
  // Until it has been investigated there is nothing to freeze.
  const answer = await until("it was investigated", async () => {
    const asked = await asPerson("operator", path);
    if (asked.status === 200) return asked;
    expect((await problemOf(asked)).code).toBe("conflict");
    return null;
  });
  expect(answer!.headers.get("content-disposition")).toBe(`attachment; filename="${list.incidents[0]!.id}.case.json"`);
  expect(answer!.headers.get("cache-control")).toBe("no-store");
  const text = await answer!.text();
  expect(text).not.toContain(KEY);
  const file = JSON.parse(text) as CaseFile;
  expect(file).toMatchObject({ format: "sentinel-case", kind: "service", answer: { healthy: null } });
  expect(file.evidence.alerts).toMatchObject([{ service: "frozen-till", summary: "till is slow" }]);
  expect(file.evidence.bundle.logs.map((one) => one.line)).toContain(
    "till cannot reach its database, key [redacted:api_key]",
  );

  for (const [role, status] of [["viewer", 403], ["operator", 200], ["admin", 200]] as const) {
    expect([role, (await asPerson(role, path)).status]).toEqual([role, status]);
    if (role === "admin") continue;
    const { secret } = await cli<{ secret: string }>(env, "tokens", "create", "--name", `${role} freezes`, "--role", role);
    expect([role, (await fetch(url + path, { headers: { authorization: `Bearer ${secret}` } })).status]).toEqual([role, status]);
  } // prettier-ignore
  expect((await fetch(url + path)).status).toBe(401);
  expect((await asAgent(path)).status).toBe(401);
  expect((await asPerson("operator", "/api/v1/incidents/nothing/case")).status).toBe(404);
  expect((await asPerson("operator", `${path}?drill=none`)).status).toBe(400);
  expect((await asPerson("operator", path, { method: "POST" })).status).toBe(405);
});
