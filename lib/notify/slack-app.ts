import { headline, levelOf, type Notification } from "@/lib/core/notify/notification";
import { severityText, subjectsText } from "./request";
import { context, escaped, header, plain, section, shown, UNFORMATTED } from "./slack-text";

/** What a button is called in the requests that it causes. */
export const CLICKS = {
  approve: "sentinel_approve",
  reject: "sentinel_reject",
  acknowledge: "sentinel_acknowledge",
  open: "sentinel_open",
} as const;

/** Approvals with buttons in one message, and decisions that it lists: the rest is in Sentinel. */
const ASKED_MAX = 4;
const DECIDED_MAX = 3;
/** Slack's limits of a dialog, in characters. */
const TITLE_MAX = 100;
const CONFIRM_MAX = 300;

/** A question that a message asks. */
export interface Asked {
  approvalId: string;
  digest: string;
  /** The action and what it is done to. */
  act: string;
  /** Exactly what runs and with what arguments; empty: the action takes none. */
  does: string;
  /** Risk, blast radius and expected effect, in words. */
  facts: string;
  /** Why nobody may approve it on what the message shows; null: the message shows all of it. */
  checkFirst: string | null;
  expiresAt: number;
}

/** What a message shows of an incident. All texts may come from outside. */
export interface IncidentCard {
  incidentId: string;
  title: string;
  text: string;
  severity: number | null;
  subjects: readonly string[];
  state: string;
  /** How it ended; null: it is open. */
  end: string | null;
  acknowledgedBy: string | null;
  asked: readonly Asked[];
  /** Decisions taken, newest first, a line each. */
  decided: readonly string[];
  link: string | null;
}

/** The body of a message, without where it goes. */
export interface SlackBody {
  text: string;
  blocks: object[];
}

const body = (text: string, blocks: object[]): SlackBody => ({ text: escaped(text), ...UNFORMATTED, blocks });

/** The message that stands for an incident. */
export function incidentMessage(card: IncidentCard): SlackBody {
  const open = card.end === null;
  const head = open ? (card.acknowledgedBy === null ? card.title : `Acknowledged: ${card.title}`) : `Closed: ${card.title}`; // prettier-ignore
  const asked = open ? card.asked.slice(0, ASKED_MAX) : [];
  const more = card.asked.length - asked.length;
  const aside = [severityText(card.severity, levelOf(card.severity)), subjectsText(card.subjects), card.state.replaceAll("_", " ")]; // prettier-ignore
  return body(head, [
    header(head),
    section(card.end ?? card.text),
    context(aside.filter(Boolean).join(" · ")),
    ...(card.acknowledgedBy === null ? [] : [context(`Acknowledged by ${card.acknowledgedBy}`)]),
    ...card.decided.slice(0, DECIDED_MAX).map(context),
    ...asked.flatMap(question),
    ...(open && more > 0 ? [context(`${more} more approvals wait: open Sentinel`)] : []),
    ...actions([
      ...(open && card.acknowledgedBy === null ? [button("acknowledge", "Acknowledge", card.incidentId)] : []),
      ...(card.link === null ? [] : [linkButton(card.link)]),
    ]),
  ]);
}

/**
 * One approval and its buttons, each of which asks once more, as the console does. What nobody may approve by this message has no
 * Approve; to reject it does nothing, and is always safe.
 */
function question({ approvalId, digest, act, does, facts, checkFirst, expiresAt }: Asked): object[] {
  const value = JSON.stringify({ approval: approvalId, digest });
  const until = `${new Date(expiresAt).toISOString().slice(0, 16).replace("T", " ")} UTC`;
  const approve = {
    ...button("approve", "Approve", value),
    style: "primary",
    confirm: confirmation(
      "Approve",
      [act, does, facts],
      "Your approval covers exactly this action with these arguments, once.",
    ),
  };
  const reject = {
    ...button("reject", "Reject", value),
    style: "danger",
    confirm: {
      ...confirmation("Reject", [act], "Nothing is done, and it stays listed until somebody chooses “Heal now”."),
      style: "danger",
    },
  };
  return [
    section(`Approval requested: ${act}`),
    ...(checkFirst === null ? [] : [section(`To approve it, open Sentinel: ${checkFirst}`)]),
    ...(does === "" ? [] : [section(does)]),
    context(`${facts} · expires ${until}`),
    ...actions(checkFirst === null ? [approve, reject] : [reject]),
  ];
}

function confirmation(verb: string, what: readonly string[], means: string): object {
  // What it means stays whole: the rest is cut here, and stands in the message as a whole.
  const rest = what.filter(Boolean).map(shown).join("\n");
  const room = CONFIRM_MAX - means.length - 2;
  return {
    title: plain(`${verb}?`, TITLE_MAX),
    text: plain(`${plain(rest, room).text}\n\n${means}`, CONFIRM_MAX),
    confirm: plain(verb),
    deny: plain("Cancel"),
  };
}

const button = (click: keyof typeof CLICKS, label: string, value: string) => ({
  type: "button",
  action_id: CLICKS[click],
  text: plain(label),
  value,
});

const linkButton = (url: string) => ({
  type: "button",
  action_id: CLICKS.open,
  text: plain("Open in Sentinel"),
  url,
});

/** A block of buttons may not be empty. */
const actions = (elements: object[]): object[] => (elements.length === 0 ? [] : [{ type: "actions", elements }]);

/** What is about no incident, with nothing to decide: a test, a budget, the global stop. */
export const noticeMessage = (n: Notification): SlackBody =>
  body(headline(n, Number.MAX_SAFE_INTEGER), [
    header(headline(n, Number.MAX_SAFE_INTEGER)),
    section(n.text),
    ...(n.subjects.length > 0 ? [context(subjectsText(n.subjects))] : []),
    ...actions(n.link === null ? [] : [linkButton(n.link)]),
  ]);

/** Below the message of its incident: that something happened, which an edited message tells nobody. */
export const replyMessage = (n: Notification): SlackBody => {
  const head = { page: "", test: "", acknowledged: "Answered: ", resolved: "Closed: " }[n.purpose];
  return body(head + n.text, [section(head + n.text)]);
};

/** What the person who clicked is told, and nobody else; `link`: where to look. */
export const whisper = (text: string, link: string | null): object => ({
  response_type: "ephemeral",
  replace_original: false,
  ...body(text, [section(text), ...actions(link === null ? [] : [linkButton(link)])]),
});
