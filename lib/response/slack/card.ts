import { actTitle } from "@/lib/core/base/act-title";
import { redact } from "@/lib/core/evidence/redact";
import { actionName } from "@/lib/core/agents/words";
import { cut } from "@/lib/core/notify/notification";
import type { IncidentNow } from "@/lib/db/queries/slack";
import type { Asked, IncidentCard } from "@/lib/notify/slack-app";
import { isShownWhole } from "@/lib/notify/slack-text";

type Row = IncidentNow["approvals"][number];

/** Characters that a message shows of an action and of what runs with which arguments: more is not read in a chat. */
const ACT_MAX = 300;
const DOES_MAX = 1_000;

/** What a message in Slack shows of an incident as it is. `origin`: of this console; null: unknown, so that there is no link. */
export function cardOf(
  { incident, title, subjects, pageText, approvals }: IncidentNow,
  origin: string | null,
): IncidentCard {
  return {
    incidentId: incident.id,
    title,
    text: pageText ?? title,
    severity: incident.severity === 0 ? null : incident.severity,
    subjects,
    state: incident.state,
    end: incident.closedAt === null ? null : (incident.outcome ?? `The incident is ${incident.state}`),
    acknowledgedBy: incident.acknowledgedBy,
    asked: approvals.filter(({ approval }) => approval.state === "pending").map(askedOf),
    decided: approvals.filter(({ approval }) => approval.state !== "pending").map(decidedText),
    link: origin === null ? null : `${origin}/incidents/${encodeURIComponent(incident.id)}`,
  };
}

const actOf = ({ approval, proposal }: Row): string =>
  actTitle(proposal.considered?.operation?.title ?? actionName(proposal), approval.subjectId);

function askedOf(row: Row): Asked {
  const { approval, proposal } = row;
  const act = actOf(row);
  const does = doesText(proposal);
  const safe = redact(does).text;
  return {
    approvalId: approval.id,
    digest: approval.digest,
    act: cut(act, ACT_MAX),
    does: cut(safe, DOES_MAX),
    facts: [
      `risk: ${proposal.risk.replaceAll("_", " ")}`,
      `affects ${proposal.blastRadius}`,
      `expected: ${proposal.expected}`,
    ].join(" · "),
    checkFirst: checkFirst(row, act, does, safe),
    expiresAt: approval.expiresAt,
  };
}

/** What runs, item by item, and with what arguments. */
function doesText({ args, considered }: Row["proposal"]): string {
  const runs = (considered?.operation?.runs ?? []).map((item) =>
    /^[^\s"']+$/.test(item) ? item : JSON.stringify(item),
  );
  const given = Object.entries(args).filter(([name]) => name !== "entry");
  const texts = given.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [
    ...(runs.length > 0 ? [`runs: ${runs.join(" ")}`] : []),
    ...(texts.length > 0 ? [`arguments: ${texts.join(", ")}`] : []),
  ].join("\n");
}

/** Nobody approves what they are not shown, or what text from outside suggested without its source. */
function checkFirst({ proposal }: Row, act: string, does: string, safe: string): string | null {
  if ((proposal.considered?.untrusted.length ?? 0) > 0) return "an argument comes from untrusted text.";
  if (safe !== does) return "what it runs or its arguments hold something that is not shown here.";
  if (!isShownWhole(act, ACT_MAX) || !isShownWhole(does, DOES_MAX)) return "it is not shown here in full.";
  return null;
}

function decidedText(row: Row): string {
  const { state, decidedByName, voidReason } = row.approval;
  const word = `${state.charAt(0).toUpperCase()}${state.slice(1)}`;
  return `${word}${decidedByName === null ? "" : ` by ${decidedByName}`}: ${actOf(row)}${voidReason === null ? "" : ` (${voidReason})`}`;
}
