import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { eq } from "drizzle-orm";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_RULES, type Rules } from "@/lib/core/notify/routing";
import type { Db } from "@/lib/db/client";
import { commit, type StreamEvent } from "@/lib/db/commit";
import { listChannels, listNotifications } from "@/lib/db/queries/notifications";
import { listEvents } from "@/lib/db/queries/stream";
import { NOW, openTestDb } from "@/lib/db/queries/test-world";
import { incidents } from "@/lib/db/schema";
import { acknowledge } from "../acknowledge";
import { editIncident } from "../edit-incident";
import { changeChannel, createChannel, openSetup, removeChannel, resend, testChannel } from "./channels";
import { deliverNotifications, type DeliverPorts } from "./deliver";
import { planNotifications } from "./plan";
import { tellPorts } from "./tell";

const SERVER_SECRET = "the-secret-of-this-server-for-tests-only";
const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const BY = { id: "u-1", name: "Ada" };
const MINUTE = 60_000;
const ORIGIN = "https://sentinel.example";

interface Received {
  id: string;
  body: { type: string; data: { id: string; thread: string; title: string; text: string; link: string | null } };
}

/** Takes webhooks, verifies them and keeps them; answers what it is told to. */
class Receiver {
  readonly got: Received[] = [];
  /** What is answered to the next messages; then 204. */
  answers: { status: number; headers?: Record<string, string> }[] = [];
  refusing = false;
  private readonly server: Server = createServer((request, response) => void this.take(request).then((answer) => response.writeHead(answer.status, answer.headers).end())); // prettier-ignore

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }
  close = (): Promise<void> => {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(() => done()));
  };
  private async take(request: IncomingMessage) {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    if (this.refusing) return { status: 503 };
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    // Time is an argument of the outbox: the signature is checked against the time that it was made at.
    const at = new Date(Number(headers["webhook-timestamp"]) * 1_000);
    const signed = new Webhook(WEBHOOK_SECRET).sign(headers["webhook-id"]!, at, text);
    if (signed !== headers["webhook-signature"]) this.forged++;
    const answer = this.answers.shift() ?? { status: 204 };
    if (answer.status < 300) this.got.push({ id: headers["webhook-id"]!, body: JSON.parse(text) as Received["body"] });
    return answer;
  }
  forged = 0;
}

let world: Awaited<ReturnType<typeof openTestDb>>;
let db: Db;
let receiver: Receiver;
let url: string;
let now: number;

beforeEach(async () => {
  world = await openTestDb();
  ({ db } = world);
  receiver = new Receiver();
  url = await receiver.listen();
  now = NOW;
  // The first turn begins with what happens from then on.
  await planNotifications(db, now, ORIGIN);
});
afterEach(async () => {
  await receiver.close();
  await world.close();
});

const clock = { now: () => now, random: () => 0.5 };
const ports = (more: Partial<DeliverPorts> = {}): DeliverPorts => ({
  ...tellPorts(db, { ...clock, mailer: null, slack: "http://127.0.0.1:9", origin: ORIGIN }),
  open: (sealed) => openSetup(sealed, SERVER_SECRET),
  ...clock,
  ...more,
});
const channel = (rules: Partial<Rules> = {}, name = "on call") =>
  createChannel(db, { name, setup: { kind: "webhook", url, secret: WEBHOOK_SECRET }, rules: { ...DEFAULT_RULES, ...rules } }, SERVER_SECRET, BY, now); // prettier-ignore
const turn = async (more: Partial<DeliverPorts> = {}) => {
  await planNotifications(db, now, ORIGIN);
  return deliverNotifications(db, ports(more));
};
/** Turns until nothing is left to do at this moment. */
const turns = async (more: Partial<DeliverPorts> = {}) => {
  while ((await turn(more)) > 0);
};
const tell = (...events: StreamEvent[]) => commit(db, { claims: [], events });
const incident = async (id: string, severity = 8) => {
  await db.insert(incidents).values({ id, kind: "agent", state: "open", title: `${id}: tokens`, severity, mode: "act", onsetAt: now, openedAt: now }); // prettier-ignore
};
const paged = (incidentId: string, text = "Approval requested"): StreamEvent => ({ type: "approval.requested", at: now, incidentId, text, data: { page: true } }); // prettier-ignore
const closed = (incidentId: string): StreamEvent => ({ type: "incident.resolved", at: now, incidentId, text: "recovered", data: { healed: true } }); // prettier-ignore
const log = async () =>
  (await listNotifications(db, { limit: 1_000 })).map(({ notification }) => notification).toReversed();
const texts = () => receiver.got.map(({ body }) => body.data.text);
const said = () => receiver.got.map(({ body }) => `${body.type.replace("sentinel.", "")} ${body.data.thread}`);

describe("what is told", () => {
  it("tells each channel of a page once, with a link, signed", async () => {
    await channel();
    await channel({}, "second");
    await incident("inc_1");
    await tell(paged("inc_1"), {
      type: "agent.suspected",
      at: now,
      agentId: "a",
      text: "not told",
      data: { severity: 3 },
    });
    await turns();
    await turns();
    expect(said()).toEqual(["page inc_1", "page inc_1"]);
    expect(receiver.forged).toBe(0);
    expect(receiver.got[0]!.body.data).toMatchObject({
      title: "inc_1: tokens",
      text: "Approval requested",
      link: `${ORIGIN}/incidents/inc_1`,
    });
  });

  it("tells nothing that happened before there was a cursor", async () => {
    const fresh = await openTestDb();
    await commit(fresh.db, { claims: [], events: [paged("inc_0")] });
    await createChannel(fresh.db, { name: "c", setup: { kind: "webhook", url, secret: WEBHOOK_SECRET }, rules: DEFAULT_RULES }, SERVER_SECRET, BY, now); // prettier-ignore
    await planNotifications(fresh.db, now, ORIGIN);
    await planNotifications(fresh.db, now, ORIGIN);
    expect(await listNotifications(fresh.db, { limit: 10 })).toEqual([]);
    await fresh.close();
  });

  it("tells of answers and closes only where the channel was paged", async () => {
    await channel({ min_severity: 5 });
    await incident("inc_1");
    await incident("inc_2", 3);
    await tell(paged("inc_1"), paged("inc_2"));
    await turns();
    await acknowledge(db, "inc_1", BY, now, undefined);
    await tell(closed("inc_1"), closed("inc_2"));
    await turns();
    expect(said()).toEqual(["page inc_1", "acknowledged inc_1", "resolved inc_1"]);
  });

  it("drops an escalation that was answered in time, and sends one that was not", async () => {
    await channel({ after_minutes: 10, tell: [] });
    await incident("inc_1");
    await incident("inc_2");
    await tell(paged("inc_1"), paged("inc_2"));
    await turns();
    await acknowledge(db, "inc_1", BY, now, undefined);
    now += 10 * MINUTE;
    await turns();
    expect(said()).toEqual(["page inc_2"]);
    expect((await log()).map(({ state, error }) => [state, error])).toEqual([
      ["skipped", "answered before it was due"],
      ["sent", null],
    ]);
  });

  it("pages nobody about a snoozed incident until the snooze ends, then once, each channel by its own rules", async () => {
    await channel({ min_severity: 5, tell: [] });
    await channel({ after_minutes: 10, tell: [] }, "second line");
    for (const id of ["inc_1", "inc_2", "inc_3", "inc_4"]) await incident(id);
    await tell(paged("inc_1", "before"));
    await turns();
    expect(texts()).toEqual(["before"]);
    const until = now + 60 * MINUTE;
    for (const id of ["inc_1", "inc_2", "inc_3", "inc_4"]) await editIncident(db, id, { snoozedUntil: until }, BY, now);
    await tell(...["inc_1", "inc_2", "inc_3", "inc_4"].map((id) => paged(id, "meanwhile")));
    now += 30 * MINUTE;
    await turns();
    await acknowledge(db, "inc_2", BY, now, undefined);
    await db.update(incidents).set({ state: "resolved", closedAt: now }).where(eq(incidents.id, "inc_3"));
    await acknowledge(db, "inc_4", BY, now, undefined);
    await tell(paged("inc_4", "after the answer"));
    await turns();
    // Neither the first page's escalation nor anything that came meanwhile.
    expect(receiver.got).toHaveLength(1);
    now = until;
    await turns();
    const end = "Ada snoozed the incident until 2026-05-20 13:30 UTC; it is still open";
    expect(receiver.got.slice(1).map(({ body: { data } }) => [data.thread, data.text])).toEqual([
      ["inc_1", end],
      ["inc_4", end],
    ]);
    now += 10 * MINUTE;
    await turns();
    expect(said()).toEqual(["inc_1", "inc_1", "inc_4", "inc_1", "inc_4"].map((id) => `page ${id}`));
    expect((await log()).filter(({ error }) => error === "snoozed").length).toBeGreaterThan(0);
  });

  it("ends a snooze by hand with one page for what was held, and a longer snooze has one end", async () => {
    await channel({ tell: [] });
    for (const id of ["inc_1", "inc_2", "inc_3"]) await incident(id);
    for (const id of ["inc_1", "inc_2", "inc_3"])
      await editIncident(db, id, { snoozedUntil: now + 10 * MINUTE }, BY, now);
    await tell(paged("inc_1", "held"), paged("inc_3", "held"));
    await turns();
    await acknowledge(db, "inc_3", BY, now, undefined);
    await editIncident(db, "inc_1", { snoozedUntil: null }, BY, now);
    await editIncident(db, "inc_2", { snoozedUntil: now + 20 * MINUTE }, BY, now);
    // Whoever has it knows that it is still open.
    await editIncident(db, "inc_3", { snoozedUntil: null }, BY, now);
    await turns();
    expect(texts()).toEqual(["Ada ended the snooze of the incident; it is still open"]);
    await tell(paged("inc_1", "at once"));
    now += 10 * MINUTE;
    await turns();
    expect(texts().slice(1)).toEqual(["at once"]);
    now += 10 * MINUTE;
    await turns();
    expect(said()).toEqual(["page inc_1", "page inc_1", "page inc_2"]);
    // Over by itself, it is ended already.
    await editIncident(db, "inc_2", { snoozedUntil: null }, BY, now);
    await turns();
    expect(receiver.got).toHaveLength(3);
  });

  it("does not try a page again that failed before the snooze, until its end", async () => {
    await channel({ tell: [] });
    await incident("inc_1");
    receiver.answers = [{ status: 503 }];
    await tell(paged("inc_1"));
    await planNotifications(db, now, ORIGIN);
    const [first] = await log();
    await deliverNotifications(db, ports({ send: async (...args) => {
      await editIncident(db, "inc_1", { snoozedUntil: now + 60 * MINUTE }, BY, now);
      return ports().send(...args);
    } })); // prettier-ignore
    now += 30 * MINUTE;
    await turns();
    expect(receiver.got).toEqual([]);
    expect((await log()).find(({ id }) => id === first!.id)).toMatchObject({ state: "skipped", error: "snoozed" });
    now += 30 * MINUTE;
    await turns();
    expect(said()).toEqual(["page inc_1"]);
  });

  it("lets a worse page of the same incident break quiet hours that an earlier one waits for", async () => {
    const always = { days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "00:00", until: "23:59", time_zone: "UTC" } as const; // prettier-ignore
    await channel({ quiet: { ...always, days: [...always.days] } });
    await incident("inc_1", 3);
    await tell(paged("inc_1", "mild"));
    await turns();
    expect(receiver.got).toEqual([]);
    await db.update(incidents).set({ severity: 9 });
    await tell(paged("inc_1", "severe"));
    await turns();
    expect(receiver.got.map(({ body }) => body.data.text)).toEqual(["severe"]);
  });

  it("is acknowledged once", async () => {
    await incident("inc_1");
    await acknowledge(db, "inc_1", BY, now, "on it");
    await expect(acknowledge(db, "inc_1", BY, now, undefined)).rejects.toThrow("Ada has already acknowledged it");
  });
});

describe("receivers that fail", () => {
  it("500 messages, down for ten minutes, killed meanwhile: each arrives, in order, under one id", async () => {
    await channel({ tell: ["resolved"] });
    const ids = Array.from({ length: 250 }, (_, i) => `inc_${i}`);
    for (const id of ids) await incident(id);
    await tell(...ids.map((id) => paged(id)));
    receiver.refusing = true;
    const until = now + 10 * MINUTE;
    let attempts = 0;
    while (now < until) {
      attempts += await turn();
      now += 1_000;
    }
    // A receiver that is down is asked now and then, and not once a message.
    expect(attempts).toBeLessThan(20);
    await tell(...ids.map(closed));
    receiver.refusing = false;
    now += 5 * MINUTE;
    // The process dies after the receiver took a message and before that was written down.
    let deaths = 0;
    const dying = ports({
      send: async (...args) => {
        const sent = await ports().send(...args);
        if (++deaths % 40 === 0) throw new Error("killed");
        return sent;
      },
    });
    for (let i = 0; i < 40; i++) {
      await planNotifications(db, now, ORIGIN);
      await deliverNotifications(db, dying).catch(() => undefined);
      now += 61_000;
    }
    await turns();
    const rows = await log();
    expect(rows).toHaveLength(500);
    expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(["sent"]));
    const first = receiver.got.filter(({ id }, i) => receiver.got.findIndex((one) => one.id === id) === i);
    expect(first).toHaveLength(500);
    expect(receiver.got.length - first.length).toBe(Math.floor(deaths / 40));
    for (const id of ids)
      expect(first.filter(({ body }) => body.data.thread === id).map(({ body }) => body.type)).toEqual(["sentinel.page", "sentinel.resolved"]); // prettier-ignore
  });

  it("is sent once by two processes at once", async () => {
    await channel();
    const ids = Array.from({ length: 40 }, (_, i) => `inc_${i}`);
    for (const id of ids) await incident(id);
    await tell(...ids.map((id) => paged(id)));
    await Promise.all([turns(), turns(), turns()]);
    await turns();
    expect(said().toSorted()).toEqual(ids.map((id) => `page ${id}`).toSorted());
  });

  it("waits as long as the receiver asks for", async () => {
    await channel();
    await incident("inc_1");
    await tell(paged("inc_1"));
    receiver.answers = [{ status: 429, headers: { "retry-after": "90" } }];
    await turns();
    now += 89_000;
    await turns();
    expect(receiver.got).toEqual([]);
    expect((await listChannels(db))[0]).toMatchObject({ failures: 1, lastError: expect.stringContaining("429") });
    now += 1_000;
    await turns();
    expect(said()).toEqual(["page inc_1"]);
    expect((await listChannels(db))[0]).toMatchObject({ failures: 0, retryAt: null });
  });

  it("gives up what is refused, says so, and does not hold up the rest; it can be sent again", async () => {
    await channel({ tell: [] });
    await incident("inc_1");
    await incident("inc_2");
    await tell(paged("inc_1"), paged("inc_2"));
    receiver.answers = [{ status: 404 }];
    await turns();
    expect(said()).toEqual(["page inc_2"]);
    const [failed] = await log();
    expect(failed).toMatchObject({ state: "failed", error: expect.stringContaining("answered 404") });
    const events = await listEvents(db, 0, 100);
    expect(events.find(({ type }) => type === "channel.failed")?.text).toMatch(
      /^Could not notify on call: 127\.0\.0\.1:\d+ answered 404/,
    );
    await resend(db, failed!.id, { id: "ada", name: "Ada" }, now);
    await turns();
    expect(said()).toEqual(["page inc_2", "page inc_1"]);
    await expect(resend(db, (await log()).at(-1)!.id, { id: "ada", name: "Ada" }, now)).rejects.toThrow(
      "This notification is sent",
    );
  });

  it("gives up after a day", async () => {
    await channel();
    await incident("inc_1");
    await tell(paged("inc_1"));
    receiver.refusing = true;
    await turns();
    now += 25 * 60 * MINUTE;
    await turns();
    expect((await log())[0]).toMatchObject({ state: "failed", error: expect.stringContaining("given up after a day") });
  });

  it("says when its settings cannot be decrypted", async () => {
    const { id } = await channel();
    await testChannel(db, id, BY, ORIGIN, now);
    await deliverNotifications(
      db,
      ports({ open: (sealed) => openSetup(sealed, "another-secret-of-at-least-32-chars") }),
    );
    expect((await log())[0]).toMatchObject({ state: "failed", error: expect.stringContaining("SENTINEL_SECRET") });
  });
});

describe("channels", () => {
  it("keep their address to themselves", async () => {
    const { id } = await channel();
    const [row] = await listChannels(db);
    expect(JSON.stringify(row)).not.toContain("/hook");
    expect(row).toMatchObject({ id, destination: new URL(url).host });
  });

  it("send a test, and can be switched off and on; what happened meanwhile is not told", async () => {
    const { id } = await channel();
    await testChannel(db, id, BY, ORIGIN, now);
    await turns();
    expect(receiver.got[0]!.body).toMatchObject({
      type: "sentinel.test",
      data: { text: expect.stringContaining("Ada") },
    });
    await changeChannel(db, id, { enabled: false }, SERVER_SECRET, BY, now);
    await incident("inc_1");
    await tell(paged("inc_1"));
    await turns();
    await changeChannel(db, id, { enabled: true }, SERVER_SECRET, BY, now);
    await turns();
    expect(receiver.got).toHaveLength(1);
  });

  it("cannot become another kind, and end with what they were still to be told", async () => {
    const { id } = await channel({ after_minutes: 5 });
    await expect(
      changeChannel(db, id, { setup: { kind: "slack", url } }, SERVER_SECRET, BY, now),
    ).rejects.toMatchObject({ details: { fields: [{ field: "setup.kind", reason: expect.any(String) }] } });
    await incident("inc_1");
    await tell(paged("inc_1"));
    await turns();
    await removeChannel(db, id, BY, now);
    now += 10 * MINUTE;
    await turns();
    expect((await log())[0]).toMatchObject({ state: "skipped", error: "the channel was deleted" });
    expect(receiver.got).toEqual([]);
  });
});
