import type { AlertStatus } from "@/lib/core/alerts/alert";
import { tagsIn } from "../alert-parse";

/**
 * What other tools call the fields of an alert in our own words. Names are compared without case and punctuation, so that
 * `ProblemTitle`, `problem_title` and `problem-title` are one. The field's own name comes first, then these in order.
 */
const ALIASES = {
  name: [
    "alertname",
    "title",
    "problemtitle",
    "alarmname",
    "rulename",
    "conditionname",
    "eventname",
    "message",
    "subject",
    "summary",
  ],
  status: [
    "state",
    "action",
    "eventaction",
    "transition",
    "newstatevalue",
    "problemstatus",
    "alertstatus",
    "eventstatus",
  ],
  service: ["servicename", "entity", "component", "impactedentity", "impactedentities", "application", "app"],
  severity: ["priority", "eventseverity", "triggerseverity", "problemseverity", "level", "urgency"],
  id: ["alias", "dedupkey", "fingerprint", "alertid", "incidentid", "issueid", "problemid", "pid", "eventid"],
  starts_at: ["startedat", "starttime", "createdat", "opentime", "statechangetime"],
  ends_at: ["endedat", "endtime", "closedat", "resolvedat"],
  summary: ["newstatereason", "problemdetailstext", "text"],
  description: ["details", "body"],
  url: ["link", "issueurl", "problemurl", "incidenturl", "htmlurl", "generatorurl"],
  value: ["metricvalue", "currentvalue"],
} as const;
type Field = keyof typeof ALIASES;
const FIELDS = Object.keys(ALIASES) as Field[];
/** Objects that other tools put an alert into. */
const WRAPPERS = ["alert", "incident", "issue", "problem", "payload", "event", "alarm", "data"] as const;
/** Further fields that say something as labels. */
const LABEL_FIELDS = [
  "host",
  "hostname",
  "namespace",
  "cluster",
  "environment",
  "env",
  "deployment",
  "pod",
  "source",
  "tool",
] as const;

/** Words for "it is over". */
const RESOLVED = new Set(
  "resolved resolve ok okay closed close recovered recovery up normal cleared clear inactive success healthy ended end merged deleted delete".split(
    " ",
  ),
);
/** Words for "it is the matter", the steps that a person takes with it included: none of them ends it. */
const FIRING = new Set(
  `firing alerting active activated open opened create created trigger triggered retriggered renotify problem critical
   warning warn error down alarm nodata nodatarecorded insufficientdata unreachable unhealthy acknowledge acknowledged
   unacknowledge escalate escalated escalatenext reopen reopened update updated updatepriority updatemessage updatedescription
   assign assigned assignownership takeownership addnote addtags removetags snooze snoozed raised flapping`.split(
    /\s+/,
  ),
);
const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, "");

/** Whether a tool's word means that the alert fires or that it is over; null for a word that is not known. */
export function statusOf(word: string): AlertStatus | null {
  const said = plain(word);
  return RESOLVED.has(said) ? "resolved" : FIRING.has(said) ? "firing" : null;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isSaid = (value: unknown): boolean => value !== undefined && value !== null && value !== "";

/**
 * An alert of some tool, with our names for its fields and our types for its values: numbers written as text, words of
 * state such as PROBLEM or RECOVERY, tags as `name:value`, fields inside an `alert` or `incident`. What is right already,
 * and what is not understood, stays as it is: the schema judges it, and names it.
 */
export function normalizeDialect(item: unknown): unknown {
  if (!isObject(item)) return item;
  const wrapped = WRAPPERS.map((name) => item[name]).filter(isObject);
  const read = reader(item, wrapped);
  const alert: Record<string, unknown> = {};
  for (const name of ["labels", "annotations"]) {
    const holder = [item, ...wrapped].find((one) => Object.hasOwn(one, name));
    if (holder) alert[name] = holder[name];
  }
  for (const field of FIELDS) {
    const given = Object.hasOwn(item, field) && item[field] !== null ? item[field] : undefined;
    const value = given ?? read([plain(field), ...ALIASES[field]]);
    if (value !== undefined) alert[field] = typed(field, value);
  }
  alert.labels = labelled(alert.labels, item, read);
  const zabbix = read(["nseverity", "eventnseverity", "triggernseverity"]);
  if ((typeof zabbix === "string" || typeof zabbix === "number") && alert.severity === undefined) {
    alert.severity = String(zabbix);
    if (isObject(alert.labels)) alert.labels = { source: "zabbix", ...alert.labels };
  }
  // A state such as CRITICAL says how bad it is as well.
  const state = Object.hasOwn(item, "status") ? item.status : read(["status", ...ALIASES.status]);
  if (
    alert.severity === undefined &&
    typeof state === "string" &&
    /^(?:critical|warning|warn|down)$/i.test(state.trim())
  )
    alert.severity = state.trim().toLowerCase() === "down" ? "critical" : state.trim();
  return alert;
}

/** Looks fields up by their plain names, in the alert itself before what it is wrapped in. */
function reader(
  item: Record<string, unknown>,
  wrapped: readonly Record<string, unknown>[],
): (names: readonly string[]) => unknown {
  const values = new Map<string, unknown>();
  const take = (object: Record<string, unknown>) => {
    for (const [name, value] of Object.entries(object))
      if (isSaid(value) && !values.has(plain(name))) values.set(plain(name), value);
  };
  // What is inside is the alert; outside stand the message's own fields.
  wrapped.forEach(take);
  take(item);
  return (names) => {
    for (const name of names) {
      const value = values.get(name);
      if (isSaid(value) && !isObject(value)) return value;
    }
    return undefined;
  };
}

function typed(field: Field, value: unknown): unknown {
  const one = firstOf(value);
  switch (field) {
    case "status":
      return typeof one === "string" ? (statusOf(one) ?? one) : one;
    case "severity":
    case "service":
      return typeof one === "number" ? String(one) : one;
    case "value":
      return typeof one === "string" && one.trim() !== "" && Number.isFinite(Number(one)) ? Number(one) : one;
    case "starts_at":
    case "ends_at":
      return typeof one === "string" ? timeIn(one) : one;
    case "name":
    case "id":
    case "summary":
    case "description":
    case "url":
      return one;
  }
}

/** Of several affected entities the first, by its name. */
function firstOf(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const first: unknown = value[0];
  if (typeof first === "string") return first;
  return isObject(first) && typeof first.name === "string" ? first.name : value;
}

/** Epoch milliseconds as text become a number; a time with a space, or an offset without minutes, becomes ISO 8601. */
function timeIn(text: string): string | number {
  const said = text.trim();
  if (/^\d{12,14}$/.test(said)) return Number(said);
  const [, date, time, zone] =
    /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?) ?(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)$/i.exec(said) ?? [];
  if (zone === undefined) return text;
  const offset = /^[a-z]/i.test(zone)
    ? "Z"
    : zone.replace(/^(.\d\d):?(\d\d)?$/, (_, hours: string, minutes = "00") => `${hours}:${minutes}`);
  return `${date}T${time}${offset}`;
}

/** Labels with the tags and the fields that are labels elsewhere; labels of a wrong type stay, to be named. */
function labelled(given: unknown, item: Record<string, unknown>, read: (names: readonly string[]) => unknown): unknown {
  if (given !== undefined && given !== null && !isObject(given)) return given;
  const tags = isObject(item.tags) ? item.tags : read(["tags"]);
  const listed =
    typeof tags === "string"
      ? tags.split(",")
      : Array.isArray(tags)
        ? tags.filter((tag) => typeof tag === "string")
        : [];
  const fields = LABEL_FIELDS.flatMap((name) => {
    const value = read([name]);
    return typeof value === "string" || typeof value === "number" ? [[name, value] as const] : [];
  });
  return {
    ...Object.fromEntries(fields),
    ...(isObject(tags) ? tags : tagsIn(listed)),
    ...(given as object | null | undefined),
  };
}
