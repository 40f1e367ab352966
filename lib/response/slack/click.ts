import { hasRole, personOf } from "@/lib/auth/people";
import { DECISION } from "@/lib/contracts/approvals";
import { INCIDENT_COMMAND } from "@/lib/contracts/incidents";
import { SlackClick } from "@/lib/contracts/slack";
import type { Db } from "@/lib/db/client";
import { digestOf } from "@/lib/db/ids";
import { getApproval } from "@/lib/db/queries/healing";
import type { ChannelRow } from "@/lib/db/queries/notifications";
import {
  claimClick,
  findClick,
  findSlackPerson,
  listSlackMessagesAt,
  setClickAnswer,
  type SlackMessage,
} from "@/lib/db/queries/slack";
import { SentinelError } from "@/lib/errors";
import { log } from "@/lib/log";
import { CLICKS } from "@/lib/notify/slack-app";
import { wake } from "@/lib/wake";
import { acknowledge } from "../acknowledge";
import type { Actor } from "../actor";
import { decide } from "../decide";
import { chargePerson } from "./admit";

/** A click is worked on for less than this, in ms: one without an answer after it is one whose process died. */
const WORK_MS = 15_000;

/** A click as it is worked on: who did what on which message. */
export type Click = Omit<SlackClick, "actions"> & { act: Exclude<keyof typeof CLICKS, "open">; value: string };

/**
 * The click in a body that Slack signed: a form with JSON in it. Null for one that asks for nothing: a link, another app's button.
 * Throws `invalid`.
 */
export function readClick(body: Buffer): Click | null {
  const payload = new URLSearchParams(body.toString("utf8")).get("payload");
  let json: unknown;
  try {
    json = JSON.parse(payload ?? "");
  } catch (cause) {
    throw new SentinelError("malformed", { detail: "The form has no field payload with JSON.", cause });
  }
  // A shortcut or a dialog: nothing that a message of Sentinel has.
  if (typeof json === "object" && json !== null && "type" in json && json.type !== "block_actions") return null;
  const click = SlackClick.safeParse(json);
  if (!click.success)
    throw new SentinelError("invalid", {
      fields: click.error.issues.slice(0, 20).map(({ path, message }) => ({ field: `payload.${path.join(".")}`, reason: message })), // prettier-ignore
    });
  const { actions, ...rest } = click.data;
  for (const { action_id, value = "" } of actions)
    for (const act of ["approve", "reject", "acknowledge"] as const)
      if (CLICKS[act] === action_id) return { ...rest, act, value };
  return null;
}

/** What whoever clicked is told; `lookAt`: the path of the page on which to look. */
export interface Taken {
  words: string;
  lookAt?: string;
}

/**
 * Does what a click asks for, and gives the words for whoever clicked. `signers`: the channels whose app signed it. One that was taken
 * before is answered as it was then, and does nothing. Never throws for what is the person's business.
 */
export async function takeClick(db: Db, click: Click, signers: readonly ChannelRow[], now: number): Promise<Taken> {
  // Slack makes one trigger a click.
  const key = digestOf([click.team.id, click.user.id, click.trigger_id, click.act, click.value]);
  try {
    // An app may claim to be of any workspace: what it does counts for itself alone.
    await chargePerson(signers.map(({ id }) => id).join(" "), click.team.id, click.user.id);
    if (!(await claimClick(db, key, now))) return await takenBefore(db, key, click, now);
    const words = await act(db, click, signers, now).catch(wordsOf);
    wake("notifications");
    // What was done is done, whether or not a repetition will be told so.
    await setClickAnswer(db, key, words).catch((err: unknown) => log().error({ err }, "the answer to a click in Slack was not kept")); // prettier-ignore
    return { words };
  } catch (error) {
    return { words: wordsOf(error) };
  }
}

async function takenBefore(db: Db, key: string, { container }: Click, now: number): Promise<Taken> {
  const before = await findClick(db, key);
  if (before?.answer) return { words: before.answer };
  if (before && now - before.at < WORK_MS) return { words: "This click was received already, and is being worked on." };
  const [message] = await listSlackMessagesAt(db, container.channel_id, container.message_ts);
  return {
    words: "It is not known whether this was done: look in Sentinel.",
    lookAt: message ? `/incidents/${encodeURIComponent(message.incidentId)}` : "/approvals",
  };
}

/** A refusal in its own words; of a failure of ours no more than that it was one. */
function wordsOf(error: unknown): string {
  if (error instanceof SentinelError && error.status < 500) return error.message;
  log().error({ err: error }, "a click in Slack failed");
  return "Sentinel could not do this because of an error of its own. Open Sentinel and try there.";
}

const refused = (detail: string) => new SentinelError("forbidden", { detail });

async function act(db: Db, click: Click, signers: readonly ChannelRow[], now: number): Promise<string> {
  const message = await messageOf(db, click, signers);
  const by = await actorOf(db, click);
  if (click.act === "acknowledge") {
    if (click.value !== message.incidentId) throw refused("This button belongs to another incident.");
    await acknowledge(db, message.incidentId, by, now, undefined);
    return "Acknowledged. You are now listed as working on it.";
  }
  const { approval, digest } = questionIn(click.value);
  if ((await getApproval(db, approval)).incidentId !== message.incidentId)
    throw refused("This button belongs to another incident.");
  await decide(db, approval, { decision: click.act, digest, evidenceOpened: false }, by, now);
  return click.act === "approve"
    ? "Approved. The action is carried out, then measured."
    : "Rejected. Nothing is done until somebody chooses “Heal now”.";
}

/** The message that was clicked on, which one of the signing channels posted, to the workspace that the click comes from. */
async function messageOf(db: Db, click: Click, signers: readonly ChannelRow[]): Promise<SlackMessage> {
  const { channel_id, message_ts } = click.container;
  const ours = new Set(signers.map(({ id }) => id));
  const found = (await listSlackMessagesAt(db, channel_id, message_ts)).find(({ channelId }) => ours.has(channelId));
  if (!found)
    throw refused("This message is not the one that Sentinel keeps for its incident: use the newest one, or open Sentinel."); // prettier-ignore
  if (click.team.id !== found.teamId || (click.user.team_id ?? found.teamId) !== found.teamId)
    throw refused("Only members of the workspace that the Slack app is installed in can use these buttons.");
  return found;
}

/** The account that the person acts as, if its role allows it now: the one that the console's route asks for. */
async function actorOf(db: Db, { team, user, act }: Click): Promise<Actor> {
  const row = await findSlackPerson(db, team.id, user.id);
  if (!row)
    throw refused(
      `Your Slack account is not linked to a Sentinel account. Ask an admin to link it under Settings → People: workspace ${team.id}, member ${user.id}.`,
    );
  const person = personOf(row);
  const needed = (act === "acknowledge" ? INCIDENT_COMMAND : DECISION).endpoints.POST.auth;
  if (!hasRole(person, needed)) throw refused(`Requires the role ${needed}; yours is ${person.role}.`);
  return { id: person.id, name: `${person.name} (via Slack)` };
}

/** What Approve and Reject carry. Throws `forbidden` for anything else. */
function questionIn(value: string): { approval: string; digest: string } {
  try {
    const { approval, digest } = JSON.parse(value) as Record<string, unknown>;
    if (typeof approval === "string" && typeof digest === "string") return { approval, digest };
  } catch {
    // Told below.
  }
  throw refused("This button says nothing that Sentinel understands: open Sentinel.");
}
