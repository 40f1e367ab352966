import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OwnServer, until } from "./own-server";

const TOKEN = "xoxb-0000000000-tests-only";
const SIGNING_SECRET = "0123456789abcdef0123456789abcdef";
const TEAM = "T0TESTS";
const CONVERSATION = "C0TESTS";

interface Button {
  action_id?: string;
  value?: string;
}
interface Body {
  channel: string;
  ts?: string;
  thread_ts?: string;
  text: string;
  blocks: { type: string; elements?: Button[] }[];
}
const messages = new Map<string, Body[]>();
const whispers: { to: string; text: string }[] = [];
let asked = 0;
let down = true;
/** Posts that hold this are carried out and never answered. */
let unanswered: string | null = null;
let carriedOut = 0;
/** Slack, as far as it is called: roots and replies by their ts, with all that they showed. */
const slack = createServer((request, response) => {
  let text = "";
  request.on("data", (chunk: Buffer) => (text += chunk.toString()));
  request.on("end", () => {
    const end = (status: number, body: object) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)); // prettier-ignore
    const path = request.url ?? "";
    const body = JSON.parse(text) as Body;
    if (!path.startsWith("/api/")) {
      whispers.push({ to: path.split("/").at(-1)!, text: body.text });
      return end(200, {});
    }
    asked++;
    if (down) return end(503, {});
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return end(200, { ok: false, error: "invalid_auth" });
    if (path === "/api/auth.test") return end(200, { ok: true, team_id: TEAM });
    if (path === "/api/chat.update") {
      const found = messages.get(body.ts!);
      found?.push(body);
      return end(200, found ? { ok: true } : { ok: false, error: "message_not_found" });
    }
    const ts = `${1_700_000_000 + messages.size}.000100`;
    messages.set(ts, [body]);
    if (unanswered !== null && text.includes(unanswered)) return void carriedOut++;
    return end(200, { ok: true, channel: body.channel, ts });
  });
});
const slackUrl = () => `http://127.0.0.1:${(slack.address() as AddressInfo).port}`;

let server: OwnServer;
beforeAll(async () => {
  await new Promise<void>((done) => slack.listen(0, "127.0.0.1", done));
  server = new OwnServer({ SLACK_URL: slackUrl() });
  await server.setUp(["admin", "operator", "viewer"]);
});
afterAll(async () => {
  await server.remove();
  slack.close();
});

/** An agent in quarantine whose incident asks for a decision, as the loops write it. */
async function askFor(n: number): Promise<{ incident: string; approval: string; digest: string }> {
  const [incident, approval, proposal, agent] = [`inc-${n}`, `apr-${n}`, `pro-${n}`, `agent-${n}`];
  const now = Date.now();
  const digest = `digest-${n}`;
  await server.rows("INSERT INTO agents (id, type, state, state_version, state_since, first_seen_at, last_seen_at, incident_id) VALUES (?, 'Research', 'quarantined', 1, ?, ?, ?, ?)", agent!, now, now, now, incident!); // prettier-ignore
  await server.rows("INSERT INTO incidents (id, kind, state, title, severity, mode, onset_at, opened_at) VALUES (?, 'agent', 'awaiting_approval', ?, 8, 'act', ?, ?)", incident!, `${agent}: tokens`, now, now); // prettier-ignore
  await server.rows("INSERT INTO incident_subjects (incident_id, subject_kind, subject_id, role) VALUES (?, 'agent', ?, 'primary')", incident!, agent!); // prettier-ignore
  await server.rows("INSERT INTO proposals (id, incident_id, subject_kind, subject_id, action, args, state, rung, risk, reversible, blast_radius, expected, skipped, severity, policy, reason, digest, target_version, created_at, expires_at) VALUES (?, ?, 'agent', ?, 'reset_memory', '{\"epoch\":1}', 'pending', 0, 'hard_to_undo', 1, 'one agent', 'goes on with an empty memory', '[]', 8, 'ask', 'because', ?, 1, ?, ?)", proposal!, incident!, agent!, digest, now, now + 600_000); // prettier-ignore
  await server.rows("INSERT INTO approvals (id, proposal_id, incident_id, subject_kind, subject_id, digest, state, requested_at, expires_at) VALUES (?, ?, ?, 'agent', ?, ?, 'pending', ?, ?)", approval!, proposal!, incident!, agent!, digest, now, now + 600_000); // prettier-ignore
  await server.rows("INSERT INTO stream_events (at, type, agent_id, incident_id, text, data) VALUES (?, 'approval.requested', ?, ?, 'Approval requested: reset memory', '{\"page\":true}')", now, agent!, incident!); // prettier-ignore
  return { incident: incident!, approval: approval!, digest };
}

const rootsOf = (incident: string) =>
  [...messages].filter(([, [first]]) => first!.thread_ts === undefined && JSON.stringify(first).includes(incident.replace("inc", "agent"))); // prettier-ignore

let triggers = 0;
function click(member: string, ts: string, button: Button, key = SIGNING_SECRET): Promise<Response> {
  const payload = {
    type: "block_actions",
    team: { id: TEAM },
    user: { id: member, team_id: TEAM },
    trigger_id: `t.${triggers++}`,
    response_url: `${slackUrl()}/actions/${member}`,
    container: { channel_id: CONVERSATION, message_ts: ts },
    actions: [button],
  };
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const at = String(Math.floor(Date.now() / 1_000));
  return fetch(`${server.sentinel.url}/api/v1/slack/interactions`, {
    method: "POST",
    body,
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": at,
      "x-slack-signature": `v0=${createHmac("sha256", key).update(`v0:${at}:${body}`).digest("hex")}`,
    },
  });
}

test("down, the processes killed before Slack took anything: one message an incident; clicks decide once, and it is edited in place", async () => {
  const setup = { kind: "slack_app", token: TOKEN, channel: CONVERSATION, signing_secret: SIGNING_SECRET };
  const made = await server.send("POST", "/api/v1/notification-channels", { name: "on call", setup });
  expect(made).toMatchObject({ status: 201, body: { destination: `channel ${CONVERSATION}` } });
  expect(JSON.stringify(made.body)).not.toMatch(/xoxb|0123456789abcdef/);
  const { users } = await server.ask<{ users: { id: string; role: string }[] }>("GET", "/api/v1/users");
  const link = (role: string) => ({ user_id: users.find((one) => one.role === role)!.id, team_id: TEAM, slack_user_id: `U0${role.toUpperCase()}` }); // prettier-ignore
  for (const role of ["admin", "operator", "viewer"]) await server.ask("POST", "/api/v1/slack/accounts", link(role));
  expect((await server.send("POST", "/api/v1/slack/accounts", link("admin"))).status).toBe(409);
  expect((await server.send("POST", "/api/v1/slack/accounts", link("viewer"), "operator")).status).toBe(403);

  const incidents = [await askFor(1), await askFor(2)];
  await until("Slack was asked", async () => asked > 0);
  await server.kill();
  down = false;
  await server.start();
  await until("both were posted", async () => incidents.every(({ incident }) => rootsOf(incident).length > 0));

  const { incident, approval } = incidents[0]!;
  const [ts, [first]] = rootsOf(incident)[0]!;
  const button = first!.blocks.flatMap(({ elements = [] }) => elements).find((one) => one.action_id === "sentinel_approve")!; // prettier-ignore
  expect((await click("U0OPERATOR", ts, button, "f".repeat(32))).status).toBe(401);
  for (const [member, words] of [
    ["U0VIEWER", /^Requires the role operator; yours is viewer\.$/],
    ["U0STRANGER", /is not linked/],
  ] as const) {
    // prettier-ignore
    expect((await click(member, ts, button)).status).toBe(200);
    expect((await until("they were told", async () => whispers.find(({ to }) => to === member))).text).toMatch(words);
  }
  const answers = await Promise.all(["U0OPERATOR", "U0ADMIN"].map((member) => click(member, ts, button)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  await until("both were told", async () => whispers.length === 4);
  const told = whispers.slice(2).map(({ text }) => text).toSorted(); // prettier-ignore
  expect(told).toEqual([
    expect.stringMatching(/^Already approved by (admin|operator) \(via Slack\)$/),
    expect.stringMatching(/^Approved\./),
  ]);
  const decisions = await server.rows("SELECT seq FROM stream_events WHERE incident_id = ? AND type = 'approval.approved'", incident); // prettier-ignore
  expect(decisions).toHaveLength(1);
  const [row] = await server.rows<{ by: string }>("SELECT decided_by_name AS 'by' FROM approvals WHERE id = ?", approval); // prettier-ignore
  expect(row!.by).toMatch(/\(via Slack\)$/);
  await until("it was edited", async () => JSON.stringify(messages.get(ts)!.at(-1)).includes(`Approved by ${row!.by}`));
  for (const one of incidents) expect(rootsOf(one.incident)).toHaveLength(1);
});

test("killed once Slack has posted and before that is written down: posted again, the newer message is kept, the older one's buttons are refused", async () => {
  unanswered = "agent-3";
  const { incident, approval, digest } = await askFor(3);
  await until("it was posted", async () => carriedOut > 0);
  await server.kill();
  unanswered = null;
  await server.start();
  await until("it was posted again", async () => rootsOf(incident).length > 1);
  const [[older], [newer]] = rootsOf(incident) as [[string, Body[]], [string, Body[]]];
  await until("it was written down", async () => (await server.rows("SELECT ts FROM slack_messages WHERE incident_id = ? AND ts = ?", incident, newer)).length > 0); // prettier-ignore
  whispers.length = 0;
  const button = { action_id: "sentinel_approve", value: JSON.stringify({ approval, digest }) };
  expect((await click("U0OPERATOR", older, button)).status).toBe(200);
  expect((await until("they were told", async () => whispers[0])).text).toMatch(/^This message is not the one/);
  expect((await click("U0OPERATOR", newer, button)).status).toBe(200);
  expect((await until("they were told", async () => whispers[1])).text).toMatch(/^Approved\./);
  await until("the newer one was edited", async () => messages.get(newer)!.length > 1);
  expect(messages.get(older)).toHaveLength(1);
  expect(rootsOf(incident)).toHaveLength(2);
});
