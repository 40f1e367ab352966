import type { AuditEntryView } from "@/lib/contracts/audit";

export const ACTOR: Record<AuditEntryView["actor"]["kind"], string> = {
  person: "person",
  token: "API token",
  key: "ingest key",
  command_line: "command line",
  sentinel: "Sentinel",
  anonymous: "not signed in",
};

/** The words before the dot of actions, to filter by. A test compares them with the actions that there are. */
export const ACTION_GROUPS = [
  "action",
  "agent",
  "alert_source",
  "approval",
  "audit",
  "budget",
  "change",
  "channel",
  "content",
  "drill",
  "evaluation",
  "fault",
  "incident",
  "key",
  "maintenance",
  "notification",
  "operation",
  "policy",
  "proposal",
  "settings",
  "stop",
  "token",
  "user",
];
