import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { Notification } from "@/lib/core/notify/notification";
import { type IncidentCard, incidentMessage, noticeMessage, replyMessage, type SlackBody, whisper } from "./slack-app";
import { answerUrl } from "./slack-api";
import { isFresh, isSignedBySlack } from "./slack-signature";

const card = (rest: Partial<IncidentCard> = {}): IncidentCard => ({
  incidentId: "inc_1",
  title: "Tokens left their band",
  text: "Approval requested",
  severity: 8.2,
  subjects: ["checkout"],
  state: "awaiting_approval",
  end: null,
  acknowledgedBy: null,
  asked: [],
  decided: [],
  link: "https://sentinel.example/incidents/inc_1",
  ...rest,
});
const asked = (text = "restart on checkout") => ({
  approvalId: "apr_1",
  digest: "d",
  act: text,
  does: text,
  facts: text,
  checkFirst: null as string | null,
  expiresAt: Date.UTC(2026, 4, 20, 12, 30),
});
const note = (text: string): Notification => ({
  id: "ntf_1",
  purpose: "page",
  thread: "t",
  title: text,
  text,
  severity: 8,
  subjects: [text],
  link: null,
  at: 0,
  startedAt: 0,
});

type Json = { [key: string]: Json } | Json[] | string | number | boolean | null | undefined;
/** Every text object of a message, wherever it is. */
const textsIn = (value: Json): { type: string; text: string; emoji?: boolean }[] => {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== "object" || value === null) return [];
  const own = typeof value["text"] === "string" && typeof value["type"] === "string" ? [value as never] : [];
  return [...own, ...Object.values(value).flatMap(textsIn)];
};

describe("text from outside", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary", maxLength: 400 }),
    fc.constantFrom("<!channel>", "<!here|x>", "<@U123>", "<#C123>", "<!subteam^S1>", "<https://evil.example|Approve>", "&lt;!channel&gt;", "*b* _i_ ~s~ `c` ```\n> q", "@here @channel #general", "\u202Egnp.exe", "x".repeat(9_000), "😀".repeat(2_000), "", "<".repeat(4_000)), // prettier-ignore
  );
  const messages = (text: string): SlackBody[] => [
    incidentMessage(card({ title: text, text, subjects: [text, text], acknowledgedBy: text, asked: [asked(text)], decided: [text] })), // prettier-ignore
    incidentMessage(card({ title: text, end: text })),
    noticeMessage(note(text)),
    replyMessage(note(text)),
    whisper(text, null) as SlackBody,
  ];

  it("is plain text in every block, and characters without meaning where Slack reads mrkdwn", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const message of messages(text)) {
          const texts = textsIn(message.blocks as Json);
          expect(texts.length).toBeGreaterThan(0);
          for (const { type, text: shown, emoji } of texts) {
            expect([type, emoji]).toEqual(["plain_text", false]);
            expect(shown.length).toBeGreaterThan(0);
            expect(shown).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
          }
          // Slack's control sequences all begin with "<"; an entity that was typed is shown as it was typed.
          expect(message.text).not.toMatch(/[<>]|&(?!(?:amp|lt|gt);)/);
          expect(message).toMatchObject({ mrkdwn: false, parse: "none", link_names: false, unfurl_links: false });
        }
      }),
    );
  });

  it("comes back whole from the entities, as far as it fits", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 500 }), (text) => {
        const plain = text.replace(/[\p{Cc}\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, "");
        const back = replyMessage(note(text)).text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
        expect(back).toBe(plain);
      }),
    );
  });

  it("keeps within Slack's limits, with what a confirmation means whole", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const { type, text: own, elements = [] } of messages(text).flatMap(({ blocks }) => blocks) as { type: string; text?: { text: string }; elements?: { value?: string; confirm?: { text: { text: string } } }[] }[]) {
          expect(own?.text.length ?? 0).toBeLessThanOrEqual(type === "header" ? 150 : 3_000);
          for (const { value = "", confirm } of elements) {
            expect(value.length).toBeLessThanOrEqual(2_000);
            if (!confirm) continue;
            expect(confirm.text.text.length).toBeLessThanOrEqual(300);
            expect(confirm.text.text).toMatch(/(once|“Heal now”)\.$/);
          }
        }
      }), // prettier-ignore
    );
  });
});

describe("buttons", () => {
  const labels = (message: SlackBody) => JSON.stringify(message.blocks).match(/sentinel_\w+/g) ?? [];
  test.each<[string, Partial<IncidentCard>, string[]]>([
    ["an open incident", {}, ["sentinel_acknowledge", "sentinel_open"]],
    ["an acknowledged one", { acknowledgedBy: "Bo" }, ["sentinel_open"]],
    ["a pending approval", { asked: [asked()] }, ["sentinel_approve", "sentinel_reject", "sentinel_acknowledge", "sentinel_open"]], // prettier-ignore
    ["one that is not shown in full", { asked: [{ ...asked(), checkFirst: "it is not shown here in full." }] }, ["sentinel_reject", "sentinel_acknowledge", "sentinel_open"]], // prettier-ignore
    ["a closed one, whatever waits", { end: "recovered", asked: [asked()] }, ["sentinel_open"]],
    ["no address of the console", { link: null, acknowledgedBy: "Bo" }, []],
  ])("%s", (_what, rest, expected) => expect(labels(incidentMessage(card(rest)))).toEqual(expected));

  it("of more approvals than four are left to the console", () => {
    const { blocks } = incidentMessage(card({ asked: Array.from({ length: 6 }, () => asked()) }));
    expect(JSON.stringify(blocks).match(/sentinel_approve/g)).toHaveLength(4);
    expect(JSON.stringify(blocks)).toContain("2 more approvals wait");
  });
});

describe("signatures", () => {
  // The example of docs.slack.dev, "Verifying requests from Slack".
  const secret = "8f742231b10e8888abcd99yyyzzz85a5";
  const timestamp = "1531420618";
  const body = Buffer.from("token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"); // prettier-ignore
  const signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

  it("Slack's own example is one", () => expect(isSignedBySlack(secret, timestamp, body, signature)).toBe(true));
  test.each([
    ["another secret", "x", timestamp, body, signature],
    ["another time", secret, "1531420619", body, signature],
    ["another body", secret, timestamp, Buffer.concat([body, Buffer.from(" ")]), signature],
    ["no version", secret, timestamp, body, signature.slice(3)],
    ["nothing", secret, timestamp, body, ""],
    ["other letters", secret, timestamp, body, signature.toUpperCase()],
  ])("%s is none", (_what, ...given) => expect(isSignedBySlack(...given)).toBe(false));

  const now = 1_531_420_618_000;
  test.each([
    ["1531420618", true],
    ["1531420318", true],
    ["1531420317", false],
    ["1531420918", true],
    ["1531420919", false],
    ["", false],
    ["1531420618.5", false],
    ["-1531420618", false],
    ["NaN", false],
  ])("a request of %s is fresh: %s", (timestamp_, fresh) => expect(isFresh(timestamp_, now)).toBe(fresh));
});

test.each([
  ["https://hooks.slack.com/actions/T0/1/x", "https://slack.com", true],
  ["https://hooks.slack-gov.com/actions/T0/1/x", "https://slack-gov.com", true],
  ["http://127.0.0.1:4000/actions/x", "http://127.0.0.1:4000", true],
  ["http://[::1]:4000/actions/x", "http://[::1]:4000", true],
  ["http://127.0.0.1:4001/actions/x", "http://127.0.0.1:4000", false],
  ["http://127.0.0.1:4000/actions/x", "https://slack.com", false],
  ["http://hooks.slack.com/actions/x", "https://slack.com", false],
  ["https://hooks.slack.com:8443/x", "https://slack.com", false],
  ["https://hooks.slack.com.evil.example/x", "https://slack.com", false],
  ["https://hooks.slack.com@169.254.169.254/x", "https://slack.com", false],
  ["https://a:b@hooks.slack.com/x", "https://slack.com", false],
  ["https://evil.example/hooks.slack.com", "https://slack.com", false],
  ["https://slack.com/x", "https://slack.com", false],
  ["file:///etc/passwd", "https://slack.com", false],
  ["not an address", "https://slack.com", false],
  [undefined, "https://slack.com", false],
])("an answer to %s, where Slack is %s: %s", (given, origin, allowed) => {
  expect(answerUrl(given, origin) !== null).toBe(allowed);
});
