import { eq, gt } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_RULES, type Rules } from "@/lib/core/notify/routing";
import { type Db, openDb, write } from "@/lib/db/client";
import { commit, type StreamEvent } from "@/lib/db/commit";
import { listChannels, listNotifications } from "@/lib/db/queries/notifications";
import { setSlackMessage } from "@/lib/db/queries/slack";
import { NOW, openTestDb } from "@/lib/db/queries/test-world";
import { incidents, slackMessages, streamEvents } from "@/lib/db/schema";
import { acknowledge } from "../acknowledge";
import { decide } from "../decide";
import { changeChannel, createChannel, openSetup, removeChannel, testChannel } from "../notify/channels";
import { deliverNotifications, type DeliverPorts } from "../notify/deliver";
import { planNotifications } from "../notify/plan";
import { tellPorts } from "../notify/tell";
import { BO, waiting } from "../test-waiting";
import { BOT_TOKEN, CONVERSATION, FakeSlack, labelsOf, latest, SIGNING_SECRET, textOf } from "./test-slack";

const SECRET = "the-secret-of-this-server-for-tests-only";
const ORIGIN = "https://sentinel.example";
const ADA = { id: "u-1", name: "Ada" };
const MINUTE = 60_000;
const SETUP = { kind: "slack_app", token: BOT_TOKEN, channel: CONVERSATION, signing_secret: SIGNING_SECRET } as const;

let world: Awaited<ReturnType<typeof openTestDb>>;
let db: Db;
let slack: FakeSlack;
let now: number;

beforeEach(async () => {
  world = await openTestDb();
  ({ db } = world);
  slack = new FakeSlack();
  await slack.listen();
  now = NOW;
  await planNotifications(db, now, ORIGIN);
});
afterEach(async () => {
  await slack.close();
  await world.close();
});

const clock = { now: () => now, random: () => 0.5 };
const ports = (over: Db = db): DeliverPorts => ({
  ...tellPorts(over, { ...clock, mailer: null, slack: slack.url, origin: ORIGIN }),
  open: (sealed) => openSetup(sealed, SECRET),
  ...clock,
});
const channel = (rules: Partial<Rules> = {}) =>
  createChannel(db, { name: "on call", setup: SETUP, rules: { ...DEFAULT_RULES, ...rules } }, SECRET, ADA, now);
/** Turns until nothing is left to do at this moment. */
const turns = async (more: Partial<DeliverPorts> = {}) => {
  do await planNotifications(db, now, ORIGIN);
  while ((await deliverNotifications(db, { ...ports(), ...more })) > 0);
};
const tell = (...events: StreamEvent[]) => commit(db, { claims: [], events });
const paged = (incidentId: string, text = "Approval requested"): StreamEvent => ({ type: "incident.escalated", at: now, incidentId, text, data: { page: true } }); // prettier-ignore
const incident = (id: string) => db.insert(incidents).values({ id, kind: "agent", state: "open", title: `${id}: tokens`, severity: 8, mode: "act", onsetAt: now, openedAt: now }); // prettier-ignore
const close = async (id: string) => {
  await db.update(incidents).set({ state: "resolved", closedAt: now, outcome: "recovered after 3 min" }).where(eq(incidents.id, id)); // prettier-ignore
  await tell({ type: "incident.resolved", at: now, incidentId: id, text: "recovered", data: { healed: true } });
};
const log = async () => (await listNotifications(db, { limit: 1_000 })).map(({ notification }) => notification);

describe("one message an incident", () => {
  it("is posted at the first page, edited in place from then on, and at its end has no buttons", async () => {
    await channel();
    await incident("inc_1");
    await tell(paged("inc_1", "quarantine not confirmed"));
    await turns();
    expect(slack.roots).toHaveLength(1);
    const [message] = slack.roots as [(typeof slack.roots)[0]];
    expect(latest(message).channel).toBe(CONVERSATION);
    expect(textOf(message)).toContain("quarantine not confirmed");
    expect(labelsOf(message)).toBe("Acknowledge, Open in Sentinel");

    await tell(paged("inc_1", "it got worse"));
    await turns();
    // An edit notifies nobody: a page is told to the channel as well.
    expect(slack.repliesTo(message).map((one) => [textOf(one), one.broadcast])).toEqual([["it got worse", true]]);
    expect(textOf(message)).toContain("it got worse");

    await acknowledge(db, "inc_1", ADA, now, undefined);
    await turns();
    expect(latest(message).text).toBe("Acknowledged: inc_1: tokens");
    expect(labelsOf(message)).toBe("Open in Sentinel");
    await close("inc_1");
    await turns();
    expect(textOf(message)).toMatch(/^Closed: inc_1: tokens\nrecovered after 3 min\n/);
    expect(slack.repliesTo(message).map(textOf)).toEqual([
      "it got worse",
      "Answered: Ada acknowledged the incident",
      "Closed: recovered",
    ]);
    expect(slack.roots).toHaveLength(1);
    const edits = message.versions.length;
    await tell({ type: "incident.noted", at: now, incidentId: "inc_1", text: "later", data: { by: "u-1" } });
    await turns();
    expect(message.versions).toHaveLength(edits);
  });

  it("asks about pending approvals, and shows who decided; of what it does not tell, it is edited all the same", async () => {
    await channel({ tell: [] });
    const of = await waiting(db);
    await tell(paged(of.incident));
    await turns();
    const [message] = slack.roots as [(typeof slack.roots)[0]];
    expect(labelsOf(message)).toBe("Approve, Reject, Acknowledge, Open in Sentinel");
    expect(textOf(message)).toContain(`Approval requested: reset memory on ${of.agent}`);
    expect(textOf(message)).toContain("risk: hard to undo · affects one agent");
    await decide(db, of.approval, { decision: "reject", digest: of.digest, evidenceOpened: true }, BO, now);
    await turns();
    expect(labelsOf(message)).toBe("Acknowledge, Open in Sentinel");
    expect(textOf(message)).toContain(`Rejected by Bo: reset memory on ${of.agent}`);
    expect(slack.messages).toHaveLength(1);
  });

  it("is not edited for what it does not show", async () => {
    await channel();
    await incident("inc_1");
    await tell(paged("inc_1"));
    await turns();
    await tell({ type: "incident.noted", at: now, incidentId: "inc_1", text: "a note", data: { by: "u-1" } });
    await turns();
    expect(slack.calls).toEqual(["auth.test", "chat.postMessage"]);
  });

  it("is posted anew where somebody deleted it", async () => {
    await channel({ tell: [] });
    await incident("inc_1");
    await tell(paged("inc_1"));
    await turns();
    slack.messages.length = 0;
    await acknowledge(db, "inc_1", ADA, now, undefined);
    await turns();
    expect(slack.messages).toEqual([]);
    await tell(paged("inc_1", "again"));
    await turns();
    expect(slack.roots.map(textOf)).toEqual([expect.stringContaining("again")]);
  });

  it("is forgotten with its channel", async () => {
    const { id } = await channel();
    await incident("inc_1");
    await tell(paged("inc_1"));
    await turns();
    expect(await db.select().from(slackMessages)).toHaveLength(1);
    await removeChannel(db, id, ADA, now);
    expect(await db.select().from(slackMessages)).toEqual([]);
  });

  it("what is about no incident, and a test, is a message of its own with nothing to decide", async () => {
    const { id } = await channel();
    await testChannel(db, id, ADA, ORIGIN, now);
    await tell({ type: "stop.on", at: now, text: "Ada stopped all actions", data: { by: "u-1", page: true } });
    await turns();
    await tell({ type: "stop.on", at: now, text: "Ada stopped all actions", data: { by: "u-1", page: true } });
    await turns();
    expect(slack.roots.map((one) => [latest(one).text, labelsOf(one)])).toEqual([
      ["Test: Test message", "Open in Sentinel"],
      ["Ada stopped all actions", "Open in Sentinel"],
      ["Ada stopped all actions", "Open in Sentinel"],
    ]);
    expect((await log()).map(({ state }) => state)).toEqual(["sent", "sent", "sent"]);
  });
});

describe("when Slack fails", () => {
  it("30 incidents, down for ten minutes, restarted meanwhile: each under one ts, edited under it to its end", async () => {
    await channel({ tell: [] });
    const ids = Array.from({ length: 30 }, (_, i) => `inc_${i}`);
    for (const id of ids) await incident(id);
    await tell(...ids.slice(0, 10).map((id) => paged(id)));
    await turns();
    slack.down = true;
    await tell(...ids.slice(10).map((id) => paged(id)));
    for (const id of ids.slice(0, 5)) await acknowledge(db, id, ADA, now, undefined);
    const before = slack.calls.length;
    let open = db;
    for (const until = now + 10 * MINUTE; now < until; now += 1_000) {
      await planNotifications(open, now, ORIGIN);
      await deliverNotifications(open, ports(open));
      // The process ends and another begins: nothing of what was going on is left but the file.
      if (now === NOW + 5 * MINUTE) open = await openDb({ url: world.url });
    }
    // Asked now and then, and not once a message.
    expect(slack.calls.length - before).toBeLessThan(20);
    slack.down = false;
    now += 5 * MINUTE;
    for (let i = 0; i < 10; i++) {
      await planNotifications(open, now, ORIGIN);
      await deliverNotifications(open, ports(open));
    }
    for (const id of ids) await close(id);
    for (let i = 0; i < 10; i++) {
      now += 1_000;
      await planNotifications(open, now, ORIGIN);
      await deliverNotifications(open, ports(open));
    }
    open.$client.close();
    expect(slack.roots).toHaveLength(30);
    expect(slack.messages).toHaveLength(30);
    expect(new Set(slack.roots.map(({ ts }) => ts)).size).toBe(30);
    expect(slack.roots.map((one) => latest(one).text).toSorted()).toEqual(ids.map((id) => `Closed: ${id}: tokens`).toSorted()); // prettier-ignore
    expect((await log()).map(({ state }) => state)).toEqual(ids.map(() => "sent"));
  });

  it("killed between the answer and writing it down: the second message is the one that is edited", async () => {
    await channel();
    await incident("inc_1");
    await tell(paged("inc_1"));
    const killed = ports();
    await planNotifications(db, now, ORIGIN);
    await expect(
      deliverNotifications(db, { ...killed, send: async (...args) => {
        await killed.send(...args);
        throw new Error("killed");
      } }), // prettier-ignore
    ).rejects.toThrow("killed");
    now += MINUTE;
    await turns();
    await acknowledge(db, "inc_1", ADA, now, undefined);
    await turns();
    expect(slack.roots.map(({ versions }) => versions.length)).toEqual([1, 2]);
  });

  it("waits as long as Slack asks for with a page; edits that are limited hold up no page", async () => {
    await channel({ tell: [] });
    await incident("inc_1");
    await incident("inc_2");
    slack.next["chat.postMessage"] = [{ status: 429, headers: { "retry-after": "30" }, body: { ok: false, error: "ratelimited" } }]; // prettier-ignore
    await tell(paged("inc_1"));
    await turns();
    now += 29_000;
    await turns();
    expect(slack.messages).toEqual([]);
    now += 1_000;
    await turns();
    expect(slack.roots).toHaveLength(1);

    slack.next["chat.update"] = [{ status: 429, headers: { "retry-after": "30" }, body: {} }];
    await acknowledge(db, "inc_1", ADA, now, undefined);
    await tell(paged("inc_2"));
    await turns();
    expect(slack.roots.map(({ versions }) => versions.length)).toEqual([1, 1]);
    now += 29_000;
    await turns();
    expect(slack.roots[0]!.versions).toHaveLength(1);
    now += 1_000;
    await turns();
    expect(slack.roots[0]!.versions).toHaveLength(2);
  });

  it.each([
    ["not_in_channel", "invite the app to the channel (/invite)"],
    ["invalid_auth", "the bot token is wrong"],
    ["some_new_error", "chat.postMessage: some_new_error"],
  ])("%s: is marked as failed, with what to do and no secret", async (error, words) => {
    await channel();
    await incident("inc_1");
    slack.next["chat.postMessage"] = [{ status: 200, body: { ok: false, error } }];
    await tell(paged("inc_1"));
    await turns();
    const [row] = await log();
    expect(row).toMatchObject({ state: "failed", error: expect.stringContaining(words) });
    expect(JSON.stringify([row, await listChannels(db)])).not.toMatch(/xoxb|0123456789abcdef/);
  });

  it.each([
    ["a gateway's page", { status: 502, body: {} }],
    ["internal_error", { status: 200, body: { ok: false, error: "internal_error" } }],
  ])("%s: is tried again", async (_what, answer) => {
    await channel();
    await incident("inc_1");
    slack.next["chat.postMessage"] = [answer];
    await tell(paged("inc_1"));
    await turns();
    expect((await log())[0]).toMatchObject({ state: "pending" });
    now += 5_000;
    await turns();
    expect(slack.roots).toHaveLength(1);
  });

  it("an edit that fails is said of the channel until one succeeds", async () => {
    await channel({ tell: [] });
    await incident("inc_1");
    await tell(paged("inc_1"));
    await turns();
    slack.next["chat.update"] = [{ status: 503, body: {} }];
    await acknowledge(db, "inc_1", ADA, now, undefined);
    now += 1_000;
    await turns();
    expect((await listChannels(db))[0]).toMatchObject({ failures: 0, lastError: expect.stringContaining("503") });
    now += 5_000;
    await turns();
    expect((await listChannels(db))[0]).toMatchObject({ failures: 0, editsRetryAt: null, lastSentAt: now });
    expect(latest(slack.roots[0]!).text).toBe("Acknowledged: inc_1: tokens");
  });

  it("edits that always fail hold up no page and no other edit, and are given up, which is told", async () => {
    await channel({ tell: [] });
    for (const id of ["inc_1", "inc_2"]) {
      await incident(id);
      await tell(paged(id));
      await turns();
    }
    const [bad] = slack.roots as [(typeof slack.roots)[0]];
    slack.broken.add(bad.ts);
    for (const id of ["inc_1", "inc_2"]) await acknowledge(db, id, ADA, now, undefined);
    await incident("inc_3");
    await tell(paged("inc_3"));
    await turns();
    expect(slack.roots.map((one) => latest(one).text)).toEqual(["inc_1: tokens", "Acknowledged: inc_2: tokens", "inc_3: tokens"]); // prettier-ignore
    const failed = () => db.select().from(streamEvents).where(eq(streamEvents.type, "channel.failed"));
    for (let i = 0; i < 60; i++, now += 10 * MINUTE) await turns();
    expect(slack.calls.filter((method) => method === "chat.update")).toHaveLength(31);
    expect((await failed()).map(({ incidentId, text }) => [incidentId, text])).toEqual([
      ["inc_1", expect.stringMatching(/^Could not edit the message in on call, .*503$/)],
    ]);
    slack.broken.clear();
    await close("inc_1");
    await turns();
    expect(latest(bad).text).toBe("Closed: inc_1: tokens");
  });

  it("pages do not wait for edits that nobody answers", async () => {
    await channel({ tell: [] });
    await incident("inc_1");
    await tell(paged("inc_1"));
    await turns();
    await acknowledge(db, "inc_1", ADA, now, undefined);
    await incident("inc_2");
    await tell(paged("inc_2"));
    await planNotifications(db, now, ORIGIN);
    const order: string[] = [];
    const own = ports();
    await deliverNotifications(db, {
      ...own,
      send: (...args) => (order.push("page"), own.send(...args)),
      edit: (...args) => (order.push("edit"), own.edit(...args)),
    });
    expect(order).toEqual(["page", "edit"]);
  });

  it("of 20 messages that are behind, one is tried when Slack limits edits, and all once its time is over", async () => {
    await channel({ tell: [] });
    const ids = Array.from({ length: 20 }, (_, i) => `inc_${i}`);
    for (const id of ids) await incident(id);
    await tell(...ids.map((id) => paged(id)));
    await turns();
    slack.next["chat.update"] = Array.from({ length: 20 }, () => ({ status: 429, headers: { "retry-after": "30" }, body: {} })); // prettier-ignore
    for (const id of ids) await acknowledge(db, id, ADA, now, undefined);
    const updates = () => slack.calls.filter((method) => method === "chat.update").length;
    for (const until = now + 30_000; now < until; now += 1_000) await turns();
    expect(updates()).toBe(1);
    expect(await db.select().from(slackMessages).where(gt(slackMessages.failures, 0))).toEqual([]);
    delete slack.next["chat.update"];
    await turns();
    expect(updates()).toBe(21);
    expect(slack.roots.every((one) => latest(one).text.startsWith("Acknowledged"))).toBe(true);
  });

  it("of 20 messages that are behind, three are tried in a turn when every edit fails, and pages arrive meanwhile", async () => {
    await channel({ tell: [] });
    const ids = Array.from({ length: 20 }, (_, i) => `inc_${i}`);
    for (const id of ids) await incident(id);
    await tell(...ids.map((id) => paged(id)));
    await turns();
    for (const { ts } of slack.roots) slack.broken.add(ts);
    for (const id of ids) await acknowledge(db, id, ADA, now, undefined);
    await incident("inc_late");
    await tell(paged("inc_late"));
    await turns();
    expect(slack.calls.filter((method) => method === "chat.update")).toHaveLength(3);
    expect(slack.roots).toHaveLength(21);
  });

  it("a setup that is saved while an edit is refused is tried at once", async () => {
    const { id } = await channel({ tell: [] });
    await incident("inc_1");
    await tell(paged("inc_1"));
    await turns();
    await close("inc_1");
    const [row] = await db.select().from(slackMessages);
    await changeChannel(db, id, { setup: SETUP }, SECRET, ADA, now);
    await write(db, [setSlackMessage(db, row!, { failures: 1, claimedUntil: now + MINUTE })]);
    await turns();
    expect(latest(slack.roots[0]!).text).toBe("Closed: inc_1: tokens");
  });

  it.each(["edit_window_closed", "invalid_auth", "not_in_channel", "is_archived"])(
    "a closing edit that Slack refuses (%s) is said of the channel, and repeated later",
    async (error) => {
      await channel({ tell: [] });
      await incident("inc_1");
      await tell(paged("inc_1"));
      await turns();
      slack.next["chat.update"] = [{ status: 200, body: { ok: false, error } }];
      await close("inc_1");
      await turns();
      await turns();
      expect(slack.calls.filter((method) => method === "chat.update")).toHaveLength(1);
      expect((await listChannels(db))[0]!.lastError).toContain(error);
      now += 10 * MINUTE;
      await turns();
      expect(latest(slack.roots[0]!).text).toBe("Closed: inc_1: tokens");
    },
  );

  it("an edit that was refused is repeated at once when the channel is set up anew, also after it was given up", async () => {
    const { id } = await channel({ tell: [] });
    await incident("inc_1");
    await tell(paged("inc_1"));
    await turns();
    slack.next["chat.update"] = Array.from({ length: 30 }, () => ({ status: 200, body: { ok: false, error: "token_revoked" } })); // prettier-ignore
    await close("inc_1");
    for (let i = 0; i < 40; i++, now += 10 * MINUTE) await turns();
    expect(slack.next["chat.update"]).toEqual([]);
    expect(latest(slack.roots[0]!).text).toBe("inc_1: tokens");
    await changeChannel(db, id, { setup: SETUP }, SECRET, ADA, now);
    await turns();
    expect(latest(slack.roots[0]!).text).toBe("Closed: inc_1: tokens");
  });

  it("messages of an app that was replaced are forgotten, and the next page posts a new one", async () => {
    const { id } = await channel({ tell: [] });
    await incident("inc_1");
    await tell(paged("inc_1"));
    await turns();
    slack.next["chat.update"] = [{ status: 200, body: { ok: false, error: "cant_update_message" } }];
    await changeChannel(db, id, { setup: SETUP }, SECRET, ADA, now);
    await turns();
    expect(await db.select().from(slackMessages)).toEqual([]);
    await tell(paged("inc_1", "again"));
    await turns();
    expect(slack.roots).toHaveLength(2);
    expect(labelsOf(slack.roots[1]!)).toBe("Acknowledge, Open in Sentinel");
  });
});
