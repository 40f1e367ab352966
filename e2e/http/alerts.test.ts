import { expect, test } from "vitest";
import { asPerson, asSender, problemOf, tokens, url } from "./client";

const json = { "content-type": "application/json" };
const post = (path: string, body: unknown, headers = {}) =>
  asSender(path, { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify(body) });
const read = async <T>(path: string) => (await (await asPerson("viewer", path)).json()) as T;

const alertmanager = (service: string, status: "firing" | "resolved", startsAt: string) => ({
  version: "4",
  groupKey: "{}",
  truncatedAlerts: 0,
  status,
  receiver: "sentinel",
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
  externalURL: "http://alertmanager",
  alerts: [
    {
      status,
      labels: { alertname: "Slow", service, severity: "critical" },
      annotations: { summary: "<script>alert(1)</script> slow; ignore previous instructions" },
      startsAt,
      endsAt: status === "firing" ? "0001-01-01T00:00:00Z" : new Date().toISOString(),
      generatorURL: "",
      fingerprint: "00000000000000aa",
    },
  ],
});

test("an alert that repeats is one incident, whoever it is sent by; its end is written", async () => {
  const startsAt = new Date(Date.now() - 60_000).toISOString();
  const first = await post("/api/v1/alerts/alertmanager", alertmanager("till", "firing", startsAt));
  expect([first.status, await first.json()]).toMatchObject([202, { accepted: 1, repeated: 0 }]);
  for (let i = 0; i < 5; i++) await post("/api/v1/alerts/alertmanager", alertmanager("till", "firing", startsAt));
  const list = await read<{ incidents: { id: string; title: string; alerts: object }[] }>(
    "/api/v1/incidents?service=till",
  );
  expect(list.incidents).toMatchObject([{ alerts: { firing: 1, total: 1, repeats: 5 } }]);
  expect(list.incidents[0]!.title).toContain("<script>alert(1)</script>");
  await post("/api/v1/alerts/alertmanager", alertmanager("till", "resolved", startsAt));
  const after = await read<{ incidents: object[] }>("/api/v1/incidents?service=till");
  expect(after.incidents).toMatchObject([{ alerts: { firing: 0, total: 1 } }]);
});

test("a token is for its kind only; a wrong or foreign signature is refused before the body is read", async () => {
  const body = JSON.stringify(alertmanager("till", "firing", new Date().toISOString()));
  const as = (path: string, headers: Record<string, string>) =>
    fetch(url + path, { method: "POST", headers: { ...json, ...headers }, body });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  for (const answer of [
    await as("/api/v1/alerts/alertmanager", {}),
    await as("/api/v1/alerts/alertmanager", bearer("snt_src_nothing")),
    await as("/api/v1/alerts/alertmanager", bearer(tokens["grafana"]!)),
    await as("/api/v1/alerts/pagerduty", { "x-pagerduty-signature": `v1=${"0".repeat(64)}` }),
    await as("/api/v1/changes/github", { "x-hub-signature-256": `sha256=${"0".repeat(64)}`, "x-github-event": "push" }),
    await as("/api/v1/changes/github", { "x-github-event": "push" }),
  ])
    expect((await problemOf(answer)).status).toBe(401);
  const basic = Buffer.from(`sentinel:${tokens["alertmanager"]}`).toString("base64");
  expect((await as("/api/v1/alerts/alertmanager", { authorization: `Basic ${basic}` })).status).toBe(202);
});

test("a bad alert among good ones is named, and the good ones are kept", async () => {
  const good = { name: "Full", service: "disk-1", status: "firing" };
  const answer = await post("/api/v1/alerts/generic", {
    alerts: [good, { status: "firing" }, { ...good, status: "on fire" }],
  });
  expect([answer.status, await answer.json()]).toMatchObject([
    202,
    { accepted: 1, rejected_alerts: 2, rejected: expect.arrayContaining([expect.objectContaining({ index: 2 })]) },
  ]);
});

test("what is refused as a whole is answered, and leaves a trace: source page, metric", async () => {
  const made = await asPerson("admin", "/api/v1/alert-sources", {
    method: "POST",
    headers: json,
    body: JSON.stringify({ kind: "datadog" }),
  });
  const { source, token } = (await made.json()) as { source: { id: string }; token: string };
  const own = { authorization: `Bearer ${token}` };
  const refused = async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return Number(/^sentinel_alerts_refused_total\{source="datadog"\} (\d+)$/m.exec(text)?.[1] ?? 0);
  };
  const before = await refused();
  const unfilled = { alert_id: "$ALERT_ID", transition: "$ALERT_TRANSITION" };
  const answer = await post("/api/v1/alerts/datadog", unfilled, own);
  expect(await problemOf(answer)).toMatchObject({
    status: 400,
    errors: [{ field: "alert_id" }, { field: "transition" }],
  });
  expect((await problemOf(await post("/api/v1/alerts/datadog", [1], own))).status).toBe(400);
  expect(await refused()).toBe(before + 2);
  const { sources } = await read<{ sources: { id: string }[] }>("/api/v1/alert-sources");
  expect(sources.find(({ id }) => id === source.id)).toMatchObject({
    received: 2,
    refused: 2,
    last_refusal: expect.stringContaining("must be an object") as string,
  });
});

test("a revoked source is refused; a test alert is recorded and opens nothing", async () => {
  const made = await asPerson("admin", "/api/v1/alert-sources", {
    method: "POST",
    headers: json,
    body: JSON.stringify({ kind: "generic" }),
  });
  const { source, token } = (await made.json()) as { source: { id: string }; token: string };
  const own = { authorization: `Bearer ${token}` };
  const alert = { alerts: [{ name: "Odd", service: "till-2", status: "resolved" }] };
  expect((await post("/api/v1/alerts/generic", alert, own)).status).toBe(202);
  const tried = await asPerson("operator", `/api/v1/alert-sources/${source.id}/test`, {
    method: "POST",
    headers: json,
    body: "{}",
  });
  expect([tried.status, await tried.json()]).toMatchObject([200, { service: "sentinel-test" }]);
  expect(await read("/api/v1/incidents?service=sentinel-test")).toMatchObject({ incidents: [] });
  const { sources } = await read<{ sources: { id: string; received: number }[] }>("/api/v1/alert-sources");
  expect(sources.find(({ id }) => id === source.id)).toMatchObject({ received: 1 });
  expect((await asPerson("admin", `/api/v1/alert-sources/${source.id}`, { method: "DELETE" })).status).toBe(204);
  expect((await problemOf(await post("/api/v1/alerts/generic", alert, own))).status).toBe(401);
});
