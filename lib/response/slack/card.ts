import { actTitle } from "@/lib/core/base/act-title";
import { redact } from "@/lib/core/evidence/redact";
import { actionName } from "@/lib/core/agents/words";
import { cut } from "@/lib/core/notify/notification";
import type { IncidentNow } from "@/lib/db/queries/slack";
import type { Asked, IncidentCard } from "@/lib/notify/slack-app";

type Row = IncidentNow["approvals"][number];

/** Characters of an action's arguments that a message shows. */
const ARGS_MAX = 200;

/** What a message in Slack shows of an incident as it is. `origin`: of this console; null: unknown, so that there is no link. */
export function cardOf({ incident, subjects, pageText, approvals }: IncidentNow, origin: string | null): IncidentCard {
  return {
    incidentId: incident.id,
    title: incident.title,
    text: pageText ?? incident.title,
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
  const args = Object.entries(proposal.args).filter(([name]) => name !== "entry");
  const given = args.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return {
    approvalId: approval.id,
    digest: approval.digest,
    act: actOf(row),
    facts: [
      `risk: ${proposal.risk.replaceAll("_", " ")}`,
      `affects ${proposal.blastRadius}`,
      `expected: ${proposal.expected}`,
      ...(given.length > 0 ? [`arguments: ${cut(redact(given.join(", ")).text, ARGS_MAX)}`] : []),
      ...((proposal.considered?.untrusted.length ?? 0) > 0 ? ["an argument comes from untrusted text: check it in Sentinel"] : []),
    ].join(" · "), // prettier-ignore
    expiresAt: approval.expiresAt,
  };
}

function decidedText(row: Row): string {
  const { state, decidedByName, voidReason } = row.approval;
  const word = `${state.charAt(0).toUpperCase()}${state.slice(1)}`;
  return `${word}${decidedByName === null ? "" : ` by ${decidedByName}`}: ${actOf(row)}${voidReason === null ? "" : ` (${voidReason})`}`;
}
