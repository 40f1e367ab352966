import { expect, test } from "vitest";
import { ACTS, OWN_ACTS } from "@/lib/core/base/audit-acts";
import { API } from "./openapi";

/** What a route writes to the audit log, or why nothing: what is reported or answered is no act of anybody. */
const TELEMETRY = "telemetry: what agents and monitoring report";
const READS = "changes nothing";
const EACH_ACT = "starts Sentinel's own loops, whose acts are recorded one by one";
const AUDITED: Record<string, readonly string[] | string> = {
  "POST /api/v1/agents/{id}/{command}": [
    "agent.quarantine", "agent.release", "agent.pause", "agent.resume", "agent.lift_restrictions",
    "agent.change_hold_level", "agent.accept_downgrade", "agent.refuse_downgrade", "change.mark_expected", "approval.approve",
  ], // prettier-ignore
  "DELETE /api/v1/agents/{id}/content": ["content.delete"],
  "POST /api/v1/agents/register": ["agent.ask_downgrade"],
  "POST /api/v1/ingest": TELEMETRY,
  "PATCH /api/v1/agent-types/{type}": ["policy.update"],
  "PATCH /api/v1/incidents/{id}": ["incident.assign", "incident.snooze"],
  "POST /api/v1/incidents/{id}/{command}": [
    "incident.acknowledge", "incident.note", "incident.allow_holds", "incident.investigate_again", "incident.dismiss",
    "action.record_by_hand", "approval.approve",
  ], // prettier-ignore
  "POST /api/v1/incidents/{id}/verdict": ["incident.give_verdict"],
  "POST /api/v1/incidents/{id}/causes/{cause}/feedback": ["incident.rate_cause"],
  "POST /api/v1/evals": ["evaluation.start"],
  "POST /api/v1/evals/{run}/{command}": ["evaluation.stop", "evaluation.resume"],
  "POST /api/v1/approvals/{id}/decision": ["approval.approve", "approval.reject"],
  "POST /api/v1/approvals/bulk": ["approval.approve", "approval.reject"],
  "POST /api/v1/approvals/{id}/dry-run": ["operation.dry_run"],
  "POST /api/v1/changes": ["change.declare"],
  "POST /api/v1/changes/github": TELEMETRY,
  "POST /api/v1/alert-sources": ["alert_source.create"],
  "DELETE /api/v1/alert-sources/{id}": ["alert_source.revoke"],
  "POST /api/v1/alert-sources/{id}/test": ["alert_source.test"],
  "POST /api/v1/notification-channels": ["channel.create"],
  "PATCH /api/v1/notification-channels/{id}": ["channel.update"],
  "DELETE /api/v1/notification-channels/{id}": ["channel.delete"],
  "POST /api/v1/notification-channels/{id}/test": ["channel.test"],
  "POST /api/v1/notifications/{id}/resend": ["notification.resend"],
  "POST /api/v1/slack/interactions": ["approval.approve", "approval.reject", "incident.acknowledge"],
  "POST /api/v1/slack/accounts": ["user.link_slack"],
  "DELETE /api/v1/slack/accounts/{id}": ["user.unlink_slack"],
  "POST /api/v1/maintenance": ["maintenance.open"],
  "DELETE /api/v1/maintenance/{id}": ["maintenance.end"],
  "POST /api/v1/logs": TELEMETRY,
  "POST /v1/traces": TELEMETRY,
  "POST /v1/metrics": TELEMETRY,
  "POST /v1/logs": TELEMETRY,
  "POST /api/v1/hooks/{program}": TELEMETRY,
  "POST /api/v1/scenarios/{id}/fire": ["drill.start"],
  "DELETE /api/v1/drills": ["drill.delete"],
  "DELETE /api/v1/drills/{id}": ["drill.delete"],
  "POST /api/mcp": ["agent.quarantine"],
  "PATCH /api/v1/settings": ["settings.update", "stop.on", "stop.off"],
  "POST /api/v1/settings/preview": READS,
  "POST /api/cron/sentinel": EACH_ACT,
  "POST /api/cron/improve": ["evaluation.start"],
  "POST /api/auth/sign-in/email": ["user.sign_in", "user.sign_in_failed"],
  "POST /api/auth/sign-out": ["user.sign_out"],
  "POST /api/auth/change-password": ["user.change_password"],
  "POST /api/v1/auth/link": ["user.create", "user.sign_in", "user.sign_in_failed", "user.change_password"],
  "POST /api/v1/auth/link/check": READS,
  "POST /api/v1/keys": ["key.create"],
  "PATCH /api/v1/keys/{id}": ["key.set_content"],
  "DELETE /api/v1/keys/{id}": ["key.revoke"],
  "POST /api/v1/tokens": ["token.create"],
  "DELETE /api/v1/tokens/{id}": ["token.revoke"],
  "POST /api/v1/users": ["user.invite"],
  "PATCH /api/v1/users/{id}": ["user.change_role"],
  "DELETE /api/v1/users/{id}": ["user.delete"],
  "POST /api/v1/users/{id}/link": ["user.make_link"],
  "PUT /api/v1/budgets/{id}": ["budget.set"],
  "DELETE /api/v1/budgets/{id}": ["budget.delete"],
  "POST /api/v1/budgets/{id}/decision": ["budget.grant", "budget.stop"],
  "POST /api/v1/demo/faults": ["fault.inject"],
  "DELETE /api/v1/demo/faults/{id}": ["fault.end"],
};

const mutating = API.flatMap(({ path, endpoints }) =>
  (["POST", "PUT", "PATCH", "DELETE"] as const).flatMap((method) =>
    (endpoints as Record<string, unknown>)[method] ? [`${method} ${path}`] : [],
  ),
).filter((route) => !route.startsWith("POST /api/v1/alerts/") && !route.includes("/gateway/"));

test("every route that changes something says what it writes to the audit log, or why nothing", () => {
  expect(Object.keys(AUDITED).toSorted()).toEqual([...new Set(mutating)].toSorted());
});

test("what they name are acts that there are", () => {
  const known = new Set<string>([...OWN_ACTS, ...Object.values(ACTS).flatMap((act) => (act ? [act.action] : []))]);
  const named = Object.values(AUDITED).flatMap((one) => (typeof one === "string" ? [] : one));
  expect(named.filter((action) => !known.has(action))).toEqual([]);
});
