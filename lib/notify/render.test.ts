import { describe, expect, it } from "vitest";
import type { Notification } from "@/lib/core/notify/notification";
import { alertmanager } from "./alertmanager";
import { discord } from "./discord";
import { mail } from "./email";
import { ntfy } from "./ntfy";
import { pagerduty } from "./pagerduty";
import { slack } from "./slack";
import { teams } from "./teams";
import { webhook } from "./webhook";

const AT = Date.UTC(2026, 10, 20, 21, 30);
const PAGE: Notification = {
  id: "ntf_1",
  purpose: "page",
  thread: "inc_1",
  title: "checkout: errors",
  text: "Approval requested: roll back checkout",
  severity: 8.25,
  subjects: ["checkout", "payments"],
  link: "https://sentinel.example/incidents/inc_1",
  at: AT,
  startedAt: AT - 60_000,
};
const HOSTILE = '<!channel> @everyone [x](https://evil.example) *b* `c` <script> & \u0000 \n"';
const hostile: Notification = { ...PAGE, title: HOSTILE, text: HOSTILE, subjects: [HOSTILE] };

/** The body as the receiver parses it: everything has to survive JSON. */
const bodyOf = (request: { body: unknown } | null): any => JSON.parse(JSON.stringify(request!.body));

describe("PagerDuty", () => {
  it.each([
    ["page", "trigger"],
    ["acknowledged", "acknowledge"],
    ["resolved", "resolve"],
  ] as const)("a %s is a %s of one key", (purpose, action) => {
    const request = pagerduty({ ...PAGE, purpose }, { routing_key: "k" });
    expect(request!.url).toBe("https://events.pagerduty.com/v2/enqueue");
    expect(bodyOf(request)).toMatchObject({
      routing_key: "k",
      event_action: action,
      dedup_key: "sentinel/inc_1",
      client_url: PAGE.link,
      payload: { source: "checkout, payments", severity: "critical", timestamp: "2026-11-20T21:30:00.000Z" },
    });
  });
  it("goes to another region", () => {
    expect(pagerduty(PAGE, { routing_key: "k", url: "https://events.eu.pagerduty.com" })!.url).toBe(
      "https://events.eu.pagerduty.com/v2/enqueue",
    );
  });
});

describe("Alertmanager", () => {
  const config = { url: "http://am:9093", token: "t" };
  it("ends the alert that it began: the labels stay the same", () => {
    const [began] = bodyOf(alertmanager(PAGE, config));
    const [ended] = bodyOf(alertmanager({ ...PAGE, purpose: "resolved", severity: 3, at: AT + 5_000 }, config));
    expect(ended.labels).toEqual(began.labels);
    expect(ended.startsAt).toBe(began.startsAt);
    expect(ended.endsAt).toBe("2026-11-20T21:30:05.000Z");
    expect(Date.parse(began.endsAt)).toBeGreaterThan(AT);
    expect(alertmanager(PAGE, config)).toMatchObject({
      url: "http://am:9093/api/v2/alerts",
      headers: { authorization: "Bearer t" },
    });
  });
  it("has no word for an answer", () => expect(alertmanager({ ...PAGE, purpose: "acknowledged" }, config)).toBeNull());
});

describe("ntfy", () => {
  it("publishes to the topic, louder the worse it is", () => {
    const config = { url: "https://ntfy.example:8080/on-call" };
    expect(ntfy(PAGE, config)).toMatchObject({ url: "https://ntfy.example:8080", body: { topic: "on-call", priority: 5, click: PAGE.link } }); // prettier-ignore
    expect(bodyOf(ntfy({ ...PAGE, severity: 1 }, config)).priority).toBe(3);
    expect(bodyOf(ntfy({ ...PAGE, purpose: "resolved" }, config)).priority).toBe(2);
  });
});

describe("text from outside stays text", () => {
  it("in Slack it mentions nobody", () => {
    const { text, blocks } = bodyOf(slack(hostile, { url: "https://s.example" }));
    expect(text).toContain("&lt;!channel&gt;");
    for (const block of blocks)
      for (const { type } of [block.text, ...(block.elements ?? [])].filter(Boolean)) expect(["plain_text", "button"]).toContain(type); // prettier-ignore
  });
  it("in Discord nothing is a mention or a link", () => {
    const { embeds, allowed_mentions } = bodyOf(discord(hostile, { url: "https://d.example" }));
    expect(allowed_mentions).toEqual({ parse: [] });
    expect(embeds[0].description).toContain("\\[x\\]\\(https://evil.example\\)");
  });
  it("in Teams nothing is a link", () => {
    const { body } = bodyOf(teams(hostile, { url: "https://t.example" })).attachments[0].content;
    for (const { text } of body.slice(0, 2)) expect(text).not.toContain("[x](");
  });
  it("in a mail it begins no header", () => {
    expect(mail(hostile).subject).not.toMatch(/[\r\n]/);
    expect(mail({ ...PAGE, thread: "agent a>\r\nBcc: x" }).references).toMatch(/^<[\w.-]+@sentinel>$/);
  });
});

describe("limits of receivers", () => {
  const long: Notification = { ...PAGE, title: "t".repeat(5_000), text: "x".repeat(20_000), subjects: Array.from({ length: 20 }, (_, i) => `${i}-${"s".repeat(200)}`) }; // prettier-ignore
  it("Slack", () => {
    const { blocks } = bodyOf(slack(long, { url: "https://s.example" }));
    expect(blocks[0].text.text.length).toBeLessThanOrEqual(150);
    expect(blocks[1].text.text.length).toBeLessThanOrEqual(3_000);
  });
  it("Discord: 6,000 characters in all", () => {
    const [{ title, description, fields }] = bodyOf(discord(long, { url: "https://d.example" })).embeds;
    const all = [title, description, ...fields.flatMap((f: { name: string; value: string }) => [f.name, f.value])];
    expect(all.join("").length).toBeLessThanOrEqual(6_000);
  });
  it("Teams: 28 kB", () => {
    expect(JSON.stringify(teams(long, { url: "https://t.example" })!.body).length).toBeLessThan(28_000);
  });
  it("PagerDuty: summaries of 1,024, keys of 255", () => {
    const { dedup_key, payload } = bodyOf(pagerduty({ ...long, thread: "t".repeat(400) }, { routing_key: "k" }));
    expect(dedup_key.length).toBeLessThanOrEqual(255);
    expect(payload.summary.length).toBeLessThanOrEqual(1_024);
  });
  it("ntfy: 4,096 bytes", () => {
    const wide = { ...PAGE, text: "界".repeat(5_000) };
    expect(Buffer.byteLength(bodyOf(ntfy(wide, { url: "https://n.example/t" })).message)).toBeLessThan(4_096);
  });
});

it("a webhook says everything", () => {
  expect(bodyOf(webhook(PAGE, { url: "https://w.example" }))).toEqual({
    type: "sentinel.page",
    timestamp: "2026-11-20T21:30:00.000Z",
    data: {
      id: "ntf_1",
      thread: "inc_1",
      title: PAGE.title,
      text: PAGE.text,
      severity: 8.25,
      subjects: PAGE.subjects,
      link: PAGE.link,
      started_at: "2026-11-20T21:29:00.000Z",
    },
  });
});
