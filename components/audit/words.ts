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

/** What names a point in time, in epoch ms. */
const TIME = /(?:^|_)(?:at|until|since|start|end)$/;
/** As far from 1970 as a date can be, in ms (ECMAScript). */
const TIME_MAX = 8.64e15;

/** The sentence that tells of an entry, or what its details name. Times are in UTC. */
export const detailText = (details: AuditEntryView["details"]): string =>
  typeof details["text"] === "string"
    ? details["text"]
    : Object.entries(details)
        .filter(([, value]) => typeof value === "string" || typeof value === "number")
        .map(([key, value]) => {
          const isTime = typeof value === "number" && TIME.test(key) && Math.abs(value) <= TIME_MAX;
          const shown = isTime ? new Date(value).toISOString() : String(value);
          return `${key.replaceAll("_", " ")}: ${shown}`;
        })
        .join(" · ");
