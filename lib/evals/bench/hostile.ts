import { fork } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { createSource } from "@/lib/auth/sources";
import type { EvalResult } from "@/lib/contracts/evals";
import { quantile } from "../detection/table";
import { hostileTexts, type HostileText } from "../hostile/texts";
import { machine, writeResult } from "../results";
import type { HealthTimes } from "./health-watch";
import { type SentinelServer, startSentinel } from "./sentinel";

/** `/healthz` is answered within so many ms whatever is sent meanwhile. */
const AIM_MS = 200;
const REQUESTS = 100;
/** Characters of hostile text in a request: with the JSON around it just below what a body may have. */
const BODY = 990_000;
/** Lines, events and alerts of a body that has many. */
const MANY = 1_000;
const ROUNDS = 3;
/** Requests that are still open after so long are given up, and said. */
const ANSWER_MS = 120_000;
/** Asked before and after the load as well: what the server needs when nothing else is to be done. */
const QUIET_MS = 2_000;
const SECRETS = { github: "a-secret-of-the-bench-for-GitHub", pagerduty: "a-secret-of-the-bench-for-PagerDuty" };

interface Shot {
  path: string;
  body: string;
  headers: Record<string, string>;
}

/**
 * A hundred hostile requests at once, to every route that takes text from outside, several times, and how long `/healthz` takes
 * meanwhile. Limits on what one key may send are lifted: it is the work that is measured, not its refusal.
 */
export async function benchHostile(nextBin: string, write: boolean): Promise<void> {
  const sentinel = await startSentinel(nextBin, {
    GITHUB_WEBHOOK_SECRET: SECRETS.github,
    PAGERDUTY_WEBHOOK_SECRET: SECRETS.pagerduty,
  });
  try {
    const routes = await routesOf(sentinel);
    const answers = new Map<string, number[]>();
    const quiet = await watched(sentinel, () => wait(QUIET_MS));
    const loaded: HealthTimes[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const shots = shotsOf(routes, round);
      loaded.push(await watched(sentinel, () => Promise.all(shots.map((shot) => fire(sentinel, shot, answers)))));
    }
    const rows = rowsOf(quiet, loaded, answers);
    for (const { what, measured, ok } of rows)
      console.log(`${what.padEnd(82)} ${measured}${ok === false ? `  MISSED: more than ${AIM_MS} ms` : ""}`);
    if (write)
      writeResult("hostile-requests", {
        title: `${REQUESTS} hostile requests of 1 MB at once`,
        command: "npm run bench -- hostile",
        measured_at: new Date().toISOString(),
        machine: machine(),
        rows,
      });
  } finally {
    await sentinel.stop();
  }
}

interface Route {
  path: string;
  body: (text: HostileText) => unknown;
  /** Headers for a body that is sent. */
  sign: (body: string) => Record<string, string>;
}

async function routesOf({ db, key }: SentinelServer): Promise<Route[]> {
  const hmac = (secret: string, body: string) => createHmac("sha256", secret).update(body).digest("hex");
  const byKey = () => ({ authorization: `Bearer ${key}` });
  const bySource = async (kind: "alertmanager" | "grafana" | "generic" | "datadog") => {
    const { token } = await createSource(db, { kind, createdBy: "bench" }, Date.now());
    return () => ({ authorization: `Bearer ${token}` });
  };
  const byGithub = (body: string) => ({
    "x-github-event": "push",
    "x-hub-signature-256": `sha256=${hmac(SECRETS.github, body)}`,
  });
  const byPagerDuty = (body: string) => ({ "x-pagerduty-signature": `v1=${hmac(SECRETS.pagerduty, body)}` });
  const many = <T>(make: (text: string, i: number) => T, { make: text }: HostileText) => {
    const each = text(BODY / MANY);
    return Array.from({ length: MANY }, (_, i) => make(fitted(each, (2 * each.length) / MANY), i));
  };
  const one = ({ make }: HostileText) => fitted(make(BODY), BODY);
  const webhook = (text: HostileText) => ({
    alerts: [
      { status: "firing", labels: { alertname: "a", service: "s", note: one(text) }, annotations: { summary: "s" } },
    ],
  });
  const storm = (text: HostileText) => ({
    alerts: many((note, i) => ({ status: "firing", labels: { alertname: `a${i}`, service: `s${i}`, note }, annotations: { summary: note } }), text), // prettier-ignore
  });
  const now = new Date().toISOString();
  const [alertmanager, grafana, generic, datadog] = await Promise.all(
    (["alertmanager", "grafana", "generic", "datadog"] as const).map(bySource),
  );
  return [
    { path: "/api/v1/ingest", sign: byKey, body: (text) => ({ agent_id: "a", model: one(text) }) },
    { path: "/api/v1/ingest", sign: byKey, body: (text) => ({ events: many((part, i) => ({ agent_id: `a${i}`, model: part.slice(0, 200), attributes: { part } }), text) }) }, // prettier-ignore
    { path: "/api/v1/agents/register", sign: byKey, body: (text) => ({ agent_id: "a", labels: { a: one(text) } }) },
    { path: "/api/v1/logs", sign: byKey, body: (text) => ({ lines: [{ service: "s", line: one(text) }] }) },
    {
      path: "/api/v1/logs",
      sign: byKey,
      body: (text) => ({ lines: many((line) => ({ service: "s", line: `a${line}` }), text) }),
    },
    { path: "/api/v1/changes", sign: byKey, body: (text) => ({ subject_id: "a", kind: "deploy", note: one(text) }) },
    { path: "/api/v1/alerts/alertmanager", sign: alertmanager!, body: webhook },
    { path: "/api/v1/alerts/alertmanager", sign: alertmanager!, body: storm },
    { path: "/api/v1/alerts/grafana", sign: grafana!, body: webhook },
    { path: "/api/v1/alerts/generic", sign: generic!, body: (text) => ({ title: one(text), tags: "a:b" }) },
    { path: "/api/v1/alerts/datadog", sign: datadog!, body: (text) => ({ alert_id: "1", transition: "Triggered", title: "a", message: one(text) }) }, // prettier-ignore
    { path: "/api/v1/alerts/pagerduty", sign: byPagerDuty, body: (text) => ({ event: { event_type: "incident.triggered", occurred_at: now, data: { id: "a", status: "triggered", title: one(text) } } }) }, // prettier-ignore
    { path: "/api/v1/changes/github", sign: byGithub, body: (text) => ({ repository: { full_name: "a/b", name: "b" }, ref: "refs/heads/main", after: "a", head_commit: { message: one(text) } }) }, // prettier-ignore
  ];
}

/** As much of a text as has that many bytes when it is written as JSON: control characters are six times as long. */
function fitted(text: string, bytes: number): string {
  const size = Buffer.byteLength(JSON.stringify(text)) || 1;
  return size <= bytes ? text : text.slice(0, Math.floor((text.length * bytes) / size));
}

/** Every route in turn, each time with another text. */
function shotsOf(routes: readonly Route[], round: number): Shot[] {
  const texts = hostileTexts();
  return Array.from({ length: REQUESTS }, (_, i) => {
    const { path, body, sign } = routes[i % routes.length]!;
    // A prime as the stride visits texts of all kinds.
    const sent = JSON.stringify(body(texts[((round * REQUESTS + i) * 97) % texts.length]!));
    return { path, body: sent, headers: { "content-type": "application/json", ...sign(sent) } };
  });
}

async function fire(
  { server }: SentinelServer,
  { path, body, headers }: Shot,
  answers: Map<string, number[]>,
): Promise<void> {
  const began = performance.now();
  const signal = AbortSignal.timeout(ANSWER_MS);
  const said = await fetch(server.url + path, { method: "POST", headers, body, signal }).then(
    async (answer) => {
      await answer.text();
      return String(answer.status);
    },
    (error: unknown) => `no answer (${(error as Error).name})`,
  );
  const name = `${path} ${said}`;
  answers.set(name, [...(answers.get(name) ?? []), performance.now() - began]);
}

/** Times of `/healthz` while something is done. */
async function watched({ server }: SentinelServer, work: () => Promise<unknown>): Promise<HealthTimes> {
  const watch = fork(new URL("./health-watch.ts", import.meta.url), [`${server.url}/healthz`], {
    execArgv: ["--import", "tsx"],
  });
  const times = once(watch, "message") as Promise<[HealthTimes]>;
  await once(watch, "spawn");
  // It takes a moment to start: the load must not be over before the first question.
  await wait(QUIET_MS);
  await work();
  watch.send("stop");
  return (await times)[0];
}

function rowsOf(
  quiet: HealthTimes,
  loaded: readonly HealthTimes[],
  answers: ReadonlyMap<string, readonly number[]>,
): EvalResult["rows"] {
  const ms = (times: readonly number[], p: number) => `${(quantile(times, p) ?? 0).toFixed(p === 0.5 ? 1 : 0)} ms`;
  const told = (times: readonly number[]) =>
    `${ms(times, 0.5)}, ${ms(times, 0.99)}, ${ms(times, 1)} (${times.length} times)`;
  return [
    { what: "/healthz with nothing else to do: p50, p99, max", target: "reported", measured: told(quiet), ok: null },
    ...loaded.map((times, i) => ({
      what: `/healthz during ${REQUESTS} such requests at once, ${i === 0 ? "the first after the start" : `time ${i + 1}`}: p50, p99, max`,
      target: `max <= ${AIM_MS} ms`,
      measured: told(times),
      ok: Math.max(...times) <= AIM_MS,
    })),
    ...[...answers]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([name, times]) => ({
        what: `POST ${name}: answers`,
        target: "reported",
        measured: `${times.length}, after ${ms(times, 0.5)} (median), ${ms(times, 1)} (longest)`,
        ok: null,
      })),
  ];
}
