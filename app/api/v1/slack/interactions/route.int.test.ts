import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { sessionSecret } from "@/lib/auth/people";
import { linkSlackAccount } from "@/lib/auth/slack-accounts";
import type { Role } from "@/lib/core/base/vocabulary";
import { DEFAULT_RULES } from "@/lib/core/notify/routing";
import { type Db, write } from "@/lib/db/client";
import { digestOf } from "@/lib/db/ids";
import { agentClaim } from "@/lib/db/queries/agent-writes";
import { getAgent } from "@/lib/db/queries/agents";
import { listAudit } from "@/lib/db/queries/audit";
import { getApproval } from "@/lib/db/queries/healing";
import { getIncident } from "@/lib/db/queries/incidents";
import { claimClick, findSlackMessage, saveSlackMessage } from "@/lib/db/queries/slack";
import { NOW, openServerDb } from "@/lib/db/queries/test-world";
import { newUser, removeUser, setRole } from "@/lib/db/queries/users";
import { commit } from "@/lib/db/commit";
import { runSerially } from "@/lib/event-loop";
import { CLICKS } from "@/lib/notify/slack-app";
import { slackSignature } from "@/lib/notify/slack-signature";
import { decide } from "@/lib/response/decide";
import { changeChannel, createChannel, openSetup } from "@/lib/response/notify/channels";
import { deliverNotifications } from "@/lib/response/notify/deliver";
import { planNotifications } from "@/lib/response/notify/plan";
import { tellPorts } from "@/lib/response/notify/tell";
import { BO, standing, toldOf, type Waiting, waiting } from "@/lib/response/test-waiting";
import {
  BOT_TOKEN,
  buttonsOf,
  CONVERSATION,
  FakeSlack,
  labelsOf,
  SIGNING_SECRET,
  TEAM,
  textOf,
} from "@/lib/response/slack/test-slack";
import { POST } from "./route";

const OTHER_SECRET = "fedcba9876543210fedcba9876543210";
const OTHER_TEAM = "T0OTHER";
const ADMIN = { id: "u-admin", name: "Ada" };
const slack = new FakeSlack();
let db: Db;
let close: () => Promise<void>;
let secret: string;
let channel: string;
let other: string;
let clicks = 0;

beforeAll(async () => {
  process.env.SLACK_URL = await slack.listen();
  process.env.SENTINEL_URL = "https://sentinel.example";
  ({ db, close } = await openServerDb());
  secret = await sessionSecret(db);
  const make = async (name: string, signing_secret: string) =>
    (await createChannel(db, { name, setup: { kind: "slack_app", token: BOT_TOKEN, channel: CONVERSATION, signing_secret }, rules: DEFAULT_RULES }, secret, ADMIN, NOW)).id; // prettier-ignore
  channel = await make("on call", SIGNING_SECRET);
  other = await make("another company", OTHER_SECRET);
  for (const [name, role] of [
    ["Olga", "operator"],
    ["Omar", "operator"],
    ["Otto", "operator"],
    ["Vera", "viewer"],
  ] as [string, Role][])
    // prettier-ignore
    await person(name, role);
});
afterAll(async () => {
  await slack.close();
  await close();
});
beforeEach(() => void (slack.whispers.length = 0));

const slackIdOf = (name: string) => `U0${name.toUpperCase()}`;
async function person(name: string, role: Role, team = TEAM) {
  const id = `u-${name}-${team}`;
  await write(db, newUser(db, { id, name, email: `${id}@example.com`.toLowerCase(), role }, NOW));
  await linkSlackAccount(db, { user_id: id, team_id: team, slack_user_id: slackIdOf(name) }, ADMIN, NOW);
  return id;
}

/** What waits for a decision now, with the message of it. Of the real time: the route asks no other clock. */
async function asked(of: Parameters<typeof waiting>[1] = {}, by = channel, teamId = TEAM) {
  const one = await waiting(db, { ...of, approval: { expiresAt: Date.now() + 60_000, ...of.approval } });
  const ts = `${one.incident}.000100`;
  await write(db, [saveSlackMessage(db, { channelId: by, incidentId: one.incident, teamId, conversation: CONVERSATION, ts, seenSeq: 0, shown: "", createdAt: NOW })]); // prettier-ignore
  return { ...one, ts };
}
type Asked = Awaited<ReturnType<typeof asked>>;

const clickBy = (name: string, of: Asked, act: keyof typeof CLICKS = "approve", rest: object = {}) => ({
  type: "block_actions",
  team: { id: TEAM, domain: "tests" },
  user: { id: slackIdOf(name), username: name, team_id: TEAM },
  api_app_id: "A0TESTS",
  trigger_id: `trigger.${++clicks}`,
  response_url: `${slack.url}/actions/${name}`,
  container: { type: "message", message_ts: of.ts, channel_id: CONVERSATION, is_ephemeral: false },
  actions: [{ action_id: CLICKS[act], block_id: "b", type: "button", action_ts: "1.1", value: act === "acknowledge" ? of.incident : JSON.stringify({ approval: of.approval, digest: of.digest }) }], // prettier-ignore
  ...rest,
});

const seconds = (ms = Date.now()) => String(Math.floor(ms / 1_000));
interface Sending {
  key?: string;
  at?: string;
  headers?: Record<string, string>;
  raw?: string;
}
function requestOf(click: object, { key = SIGNING_SECRET, at = seconds(), headers = {}, raw }: Sending = {}): Request {
  const body = raw ?? new URLSearchParams({ payload: JSON.stringify(click) }).toString();
  return new Request("http://sentinel.test/api/v1/slack/interactions", {
    method: "POST",
    body,
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": at,
      "x-slack-signature": slackSignature(key, at, Buffer.from(body)),
      ...headers,
    },
  });
}
const send = (click: object, sending?: Sending): Promise<Response> =>
  POST(requestOf(click, sending), { params: Promise.resolve({}) });
/** Sends a click that is answered, and gives the words that the person is told. */
async function words(click: object, sending?: Sending): Promise<string> {
  const before = slack.whispers.length;
  const answer = await send(click, sending);
  expect([answer.status, await answer.text()]).toEqual([200, ""]);
  await expect.poll(() => slack.whispers.length).toBeGreaterThan(before);
  return slack.whispers[before]!.text;
}
const decided = async (of: Waiting) => (await toldOf(db, of)).filter((type) => /approved|rejected/.test(type));
const untouched = { incident: "awaiting_approval", proposal: "pending", approval: "pending" };

describe("a click by an operator", () => {
  test("approves, in the audit log under the account, via Slack", async () => {
    const of = await asked();
    expect(await words(clickBy("Olga", of))).toBe("Approved. The action is carried out, then measured.");
    expect(await standing(db, of)).toMatchObject({ proposal: "approved", approval: "approved" });
    expect(await getApproval(db, of.approval)).toMatchObject({
      decidedBy: `u-Olga-${TEAM}`,
      decidedByName: "Olga (via Slack)",
      evidenceOpened: false,
    });
    const entries = await listAudit(db, { subject: of.incident }, undefined, 10);
    expect(entries.map(({ action, actor, details }) => [action, actor.kind, actor.id, details["text"]])).toEqual([
      ["approval.approve", "person", `u-Olga-${TEAM}`, expect.stringMatching(/^Olga \(via Slack\) approved /)],
    ]);
  });

  test("rejects", async () => {
    const of = await asked();
    expect(await words(clickBy("Olga", of, "reject"))).toMatch(/^Rejected\. Nothing is done until/);
    expect(await standing(db, of)).toMatchObject({ incident: "rejected", approval: "rejected" });
  });

  test("acknowledges, once", async () => {
    const of = await asked();
    expect(await words(clickBy("Olga", of, "acknowledge"))).toBe("Acknowledged. You are now listed as working on it.");
    expect((await getIncident(db, of.incident)).acknowledgedBy).toBe("Olga (via Slack)");
    expect(await words(clickBy("Omar", of, "acknowledge"))).toBe("Olga (via Slack) has already acknowledged it");
  });

  test("on the link does nothing", async () => {
    const of = await asked();
    expect((await send(clickBy("Olga", of, "open"))).status).toBe(200);
    expect(await standing(db, of)).toEqual(untouched);
    expect(slack.whispers).toEqual([]);
  });
});

describe("forged", () => {
  const now = Date.now();
  test.each<[string, Sending]>([
    ["by another secret", { key: "x".repeat(32) }],
    ["no signature", { headers: { "x-slack-signature": "" } }],
    ["a signature of another body", { headers: { "x-slack-signature": slackSignature(SIGNING_SECRET, seconds(now), Buffer.from("payload={}")) }, at: seconds(now) }], // prettier-ignore
    ["a signature of another time", { headers: { "x-slack-request-timestamp": seconds(now - 60_000) } }],
    ["late: signed six minutes ago", { at: seconds(now - 6 * 60_000) }],
    ["signed for later", { at: seconds(now + 6 * 60_000) }],
    ["no time", { at: "" }],
  ])("%s: 401, and nothing is decided", async (_what, sending) => {
    const of = await asked();
    const answer = await send(clickBy("Olga", of), sending);
    expect(answer.status).toBe(401);
    expect(((await answer.json()) as { detail: string }).detail).toMatch(/not signed|five minutes/);
    expect(await standing(db, of)).toEqual(untouched);
    expect(slack.whispers).toEqual([]);
  });

  test("however many come from one address, what Slack signs is let in from there", async () => {
    const of = await asked();
    const headers = { "x-forwarded-for": "203.0.113.9" };
    const forged = { headers: { ...headers, "x-slack-signature": `v0=${"0".repeat(64)}` } };
    const statuses: number[] = [];
    for (let i = 0; i < 60; i++) statuses.push((await send({}, forged)).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
    expect(await words(clickBy("Omar", of, "acknowledge"), { headers })).toMatch(/^Acknowledged\./);
  });

  test("a large body that nobody signed is refused before it waits for other large ones", async () => {
    let release = () => {};
    const held = runSerially("large bodies", () => new Promise<void>((done) => (release = done)));
    try {
      expect((await send({}, { key: "x".repeat(32), raw: `payload=${"x".repeat(100_000)}` })).status).toBe(401);
    } finally {
      release();
      await held;
    }
  });

  test("by the app of a channel that is off: 401", async () => {
    const of = await asked();
    await changeChannel(db, channel, { enabled: false }, secret, ADMIN, Date.now());
    expect((await send(clickBy("Olga", of))).status).toBe(401);
    await changeChannel(db, channel, { enabled: true }, secret, ADMIN, Date.now());
    expect(await standing(db, of)).toEqual(untouched);
  });

  test.each([
    ["JSON", { "content-type": "application/json" }, "{}", 415],
    ["no form", {}, "", 401],
    ["more than a click has", {}, `payload=${"x".repeat(600_000)}`, 413],
  ])("%s", async (_what, headers, raw, status) => {
    const answer = await send({}, raw === "" ? { headers: { ...headers, "x-slack-signature": "v0=" }, raw } : { headers, raw }); // prettier-ignore
    expect(answer.status).toBe(status);
  });

  test.each([
    ["a form without the field", "a=b", 400],
    ["a field without JSON", "payload=%7B", 400],
    ["JSON that is no click", `payload=${encodeURIComponent('{"type":"block_actions","team":{"id":7}}')}`, 400],
    ["a shortcut", `payload=${encodeURIComponent('{"type":"shortcut"}')}`, 200],
    ["null", "payload=null", 400],
  ])("signed, but %s", async (_what, raw, status) => expect((await send({}, { raw })).status).toBe(status));
});

describe("replayed", () => {
  test("the same request, and the same trigger signed anew, decide once and are answered with the same words", async () => {
    const of = await asked();
    const click = clickBy("Olga", of);
    const at = seconds();
    const first = await words(click, { at });
    expect(await words(click, { at })).toBe(first);
    expect(await words(click, { at: seconds(Date.now() + 1_000) })).toBe(first);
    expect(await decided(of)).toEqual(["approval.approved"]);
  });

  test("of a refusal too, whatever is true by then", async () => {
    const of = await asked();
    const click = clickBy("Vera", of);
    expect(await words(click)).toBe("Requires the role operator; yours is viewer.");
    await setRole(db, `u-Vera-${TEAM}`, "operator", ADMIN, Date.now());
    expect(await words(click)).toBe("Requires the role operator; yours is viewer.");
    expect(await standing(db, of)).toEqual(untouched);
    await setRole(db, `u-Vera-${TEAM}`, "viewer", ADMIN, Date.now());
  });

  test("ten times at once: one decision", async () => {
    const of = await asked();
    const click = clickBy("Olga", of);
    await Promise.all(Array.from({ length: 10 }, () => send(click)));
    await expect.poll(() => slack.whispers.length).toBe(10);
    expect(await decided(of)).toEqual(["approval.approved"]);
    const told = new Set(slack.whispers.map(({ text }) => text));
    expect([...told].filter((text) => !text.startsWith("Approved.") && !text.startsWith("This click was received"))).toEqual([]); // prettier-ignore
  });
});

describe("whose process died", () => {
  test("a click without an answer is not said to be worked on for ever, but where to look", async () => {
    const of = await asked();
    const click = clickBy("Omar", of);
    const { action_id, value } = click.actions[0]!;
    expect(action_id).toBe(CLICKS.approve);
    const key = digestOf([TEAM, slackIdOf("Omar"), click.trigger_id, "approve", value]);
    await claimClick(db, key, Date.now() - 5_000);
    expect(await words(click)).toBe("This click was received already, and is being worked on.");
    await write(db, [{ sql: "UPDATE slack_clicks SET at = ? WHERE key = ?", args: [Date.now() - 16_000, key] }]);
    expect(await words(click)).toBe("It is not known whether this was done: look in Sentinel.");
    expect(slack.whispers.at(-1)!.links).toEqual([`https://sentinel.example/incidents/${of.incident}`]);
    expect(await standing(db, of)).toEqual(untouched);
  });
});

describe("late", () => {
  test("an approval that has expired", async () => {
    const of = await asked({ approval: { expiresAt: Date.now() - 1 } });
    expect(await words(clickBy("Olga", of))).toBe("The approval has expired");
    expect(await standing(db, of)).toEqual(untouched);
  });

  test("one that was decided in the console", async () => {
    const of = await asked();
    await decide(db, of.approval, { decision: "reject", digest: of.digest, evidenceOpened: true }, BO, Date.now());
    expect(await words(clickBy("Olga", of))).toBe("Already rejected by Bo");
    expect(await decided(of)).toEqual(["approval.rejected"]);
  });

  test("a proposal that has changed since", async () => {
    const of = await asked();
    expect(await words(clickBy("Olga", { ...of, digest: "of-yesterday" }))).toMatch(/digest mismatch/);
    expect(await standing(db, of)).toEqual(untouched);
  });

  test("an agent that has moved since voids it", async () => {
    const of = await asked();
    await commit(db, { claims: [agentClaim(await getAgent(db, of.agent), { state: "exhausted" }, NOW)] });
    expect(await words(clickBy("Olga", of))).toMatch(/^Void: .+ has changed to exhausted since this was proposed$/);
    expect(await standing(db, of)).toMatchObject({ approval: "void" });
  });

  test("an incident that has closed", async () => {
    const of = await asked({ incident: { state: "resolved", closedAt: NOW } });
    expect(await words(clickBy("Olga", of, "acknowledge"))).toBe("The incident is already resolved");
  });

  test("a message that another one has replaced", async () => {
    const of = await asked();
    expect(await words(clickBy("Olga", { ...of, ts: "1.000100" }))).toMatch(/^This message is not the one/);
    expect(await standing(db, of)).toEqual(untouched);
  });
});

describe("people", () => {
  test.each(["approve", "reject", "acknowledge"] as const)("without the role: %s", async (act) => {
    const of = await asked();
    expect(await words(clickBy("Vera", of, act))).toBe("Requires the role operator; yours is viewer.");
    expect(await standing(db, of)).toEqual(untouched);
  });

  test("their present role counts, and nobody is left of an account that was removed", async () => {
    const of = await asked();
    const id = await person("Tom", "operator");
    await setRole(db, id, "viewer", ADMIN, Date.now());
    expect(await words(clickBy("Tom", of))).toBe("Requires the role operator; yours is viewer.");
    await removeUser(db, id, ADMIN, Date.now());
    expect(await words(clickBy("Tom", of))).toMatch(/is not linked/);
    expect(await standing(db, of)).toEqual(untouched);
  });

  test("who is linked to nobody is told what to ask for", async () => {
    const of = await asked();
    expect(await words(clickBy("Stranger", of))).toBe(
      `Your Slack account is not linked to a Sentinel account. Ask an admin to link it under Settings → People: workspace ${TEAM}, member U0STRANGER.`,
    );
    expect(await standing(db, of)).toEqual(untouched);
  });

  test("two people at once: one decision, and the other is told whose", async () => {
    for (let round = 0; round < 5; round++) {
      const of = await asked();
      slack.whispers.length = 0;
      await Promise.all([send(clickBy("Olga", of, "approve")), send(clickBy("Omar", of, "reject"))]);
      await expect.poll(() => slack.whispers.length).toBe(2);
      const [type, ...more] = await decided(of);
      expect(more).toEqual([]);
      const [winner, loser, state] = type === "approval.approved" ? ["Olga", "Omar", "approved"] : ["Omar", "Olga", "rejected"]; // prettier-ignore
      const told = Object.fromEntries(slack.whispers.map(({ path, text }) => [path.split("/").at(-1), text]));
      expect(told[winner!]).toMatch(/^(Approved|Rejected)\./);
      expect(told[loser!]).toBe(`Already ${state} by ${winner} (via Slack)`);
    }
  });

  test("more than 30 clicks a minute are a program's", async () => {
    const of = await asked();
    const told: string[] = [];
    for (let i = 0; i < 31; i++) told.push(await words(clickBy("Flooder", of)));
    expect(told.slice(0, 30).every((text) => text.includes("not linked"))).toBe(true);
    expect(told[30]).toBe("Too many clicks: at most 30 a minute.");
  });
});

describe("another workspace", () => {
  beforeAll(async () => void (await person("Olga", "operator", OTHER_TEAM)));

  test("signs what it likes, and reaches neither the messages nor the people of this one", async () => {
    const of = await asked();
    const its = await asked({}, other, OTHER_TEAM);
    const theirs = { team: { id: OTHER_TEAM }, user: { id: slackIdOf("Olga"), team_id: OTHER_TEAM } };
    // Its own people on our message, ours on our message, and ours on its message: each signed by it.
    expect(await words(clickBy("Olga", of, "approve", theirs), { key: OTHER_SECRET })).toMatch(/^This message is not/);
    expect(await words(clickBy("Olga", of), { key: OTHER_SECRET })).toMatch(/^This message is not/);
    expect(await words(clickBy("Olga", its), { key: OTHER_SECRET })).toMatch(/^Only members of the workspace/);
    // Our approval in the button of its own message.
    const swapped = clickBy("Olga", { ...its, approval: of.approval, digest: of.digest }, "approve", theirs);
    expect(await words(swapped, { key: OTHER_SECRET })).toBe("This button belongs to another incident.");
    expect([await standing(db, of), await standing(db, its)]).toEqual([untouched, untouched]);
    expect(await words(clickBy("Olga", its, "approve", theirs), { key: OTHER_SECRET })).toMatch(/^Approved\./);
    expect((await getApproval(db, its.approval)).decidedBy).toBe(`u-Olga-${OTHER_TEAM}`);
  });

  test("a guest of another one in a shared channel is refused", async () => {
    const of = await asked();
    const guest = { user: { id: slackIdOf("Olga"), team_id: OTHER_TEAM } };
    expect(await words(clickBy("Olga", of, "approve", guest))).toMatch(/^Only members of the workspace/);
    expect(await standing(db, of)).toEqual(untouched);
  });
});

describe("answers", () => {
  test.each(["http://127.0.0.1:9/x", "https://evil.example/x", "http://169.254.169.254/latest", "nonsense"])(
    "never go to %s; what was clicked is done all the same",
    async (response_url) => {
      const of = await asked();
      expect((await send(clickBy("Otto", of, "acknowledge", { response_url }))).status).toBe(200);
      expect((await getIncident(db, of.incident)).acknowledgedBy).toBe("Otto (via Slack)");
      expect(slack.whispers).toEqual([]);
    },
  );

  test("are not waited for", async () => {
    const of = await asked();
    let release = () => {};
    slack.hold = new Promise((done) => (release = done));
    expect((await send(clickBy("Otto", of))).status).toBe(200);
    expect(slack.whispers).toEqual([]);
    expect(await decided(of)).toEqual(["approval.approved"]);
    release();
    await expect.poll(() => slack.whispers.length).toBe(1);
  });

  test("come within three seconds although the work takes longer; it is done all the same", async () => {
    const of = await asked();
    const batch = db.$client.batch.bind(db.$client);
    let release = () => {};
    const held = new Promise<void>((done) => (release = done));
    const slow = vi.spyOn(db.$client, "batch").mockImplementation(async (...args) => held.then(() => batch(...args)));
    try {
      // Without a limit it would never come: the writer stands still until it is released.
      expect((await send(clickBy("Otto", of))).status).toBe(200);
      expect([await standing(db, of), slack.whispers]).toEqual([untouched, []]);
    } finally {
      release();
      slow.mockRestore();
    }
    await expect.poll(() => slack.whispers.length).toBe(1);
    expect(await decided(of)).toEqual(["approval.approved"]);
  });

  test("end to end: posted with buttons, clicked on, and edited to show who decided", async () => {
    const of = await waiting(db, { approval: { expiresAt: Date.now() + 60_000 } });
    const deliver = async () => {
      await planNotifications(db, Date.now(), "https://sentinel.example");
      const clock = { now: Date.now, random: Math.random };
      const ports = tellPorts(db, { ...clock, mailer: null, slack: slack.url, origin: "https://sentinel.example" });
      return deliverNotifications(db, { ...clock, ...ports, open: (sealed) => openSetup(sealed, secret) });
    };
    await deliver();
    await commit(db, { claims: [], events: [{ type: "approval.requested", at: Date.now(), incidentId: of.incident, text: "Approval requested", data: { page: true } }] }); // prettier-ignore
    await deliver();
    const message = slack.roots.find((one) => textOf(one).includes(of.agent))!;
    const { ts } = (await findSlackMessage(db, channel, of.incident))!;
    const [approve] = buttonsOf(slack.roots.find((one) => one.ts === ts)!);
    expect(approve).toMatchObject({ action_id: CLICKS.approve, confirm: { confirm: { text: "Approve" } } });
    const click = { ...clickBy("Otto", { ...of, ts }), actions: [{ action_id: approve!.action_id, value: approve!.value }] }; // prettier-ignore
    expect(await words(click)).toMatch(/^Approved\./);
    await deliver();
    expect(textOf(message)).toContain(`Approved by Otto (via Slack): reset memory on ${of.agent}`);
    expect(labelsOf(message)).not.toContain("Approve,");
    expect(await storedText()).not.toMatch(/xoxb|0123456789abcdef0123/);
  });
});

/** What the database holds of channels, messages, clicks and the audit log, as it stands there. */
const storedText = async () => {
  const tables = ["notification_channels", "notifications", "slack_messages", "slack_clicks", "audit_log", "stream_events"]; // prettier-ignore
  const rows = await Promise.all(tables.map((table) => db.$client.execute(`SELECT * FROM ${table}`)));
  return JSON.stringify(rows.map(({ rows: all }) => all));
};
