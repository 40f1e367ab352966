import type { z } from "zod";
import { type Alert, type AlertStatus, fingerprintOf } from "@/lib/core/alerts/alert";
import { serviceOf } from "@/lib/core/alerts/alert-service";
import { isFromZabbix, severityOf, severityOfZabbix } from "@/lib/core/alerts/alert-severity";
import { ALERT_LIMITS, cleanName, cleanText } from "@/lib/core/alerts/alert-text";
import { withRoundedNumbers } from "@/lib/core/base/amounts";
import type { AlertSeverity, AlertSourceKind } from "@/lib/core/base/vocabulary";
import { fieldPath } from "@/lib/contracts/problem";
import { reasonOf } from "@/lib/contracts/reason";
import { isEpochMs } from "@/lib/contracts/timestamp";

/** Alerts of one request that are looked at: more than any storm that was seen; what is beyond is counted, and said. */
export const ALERTS_PER_REQUEST = 10_000;
/** Problems that are listed; those beyond repeat themselves. */
const LISTED = 100;

const CLEANED = "contained invisible or indistinguishable characters, which were removed";

export interface AlertProblem {
  /** Of the alert in the request. */
  index: number;
  /** Path such as `alerts[3].startsAt`; empty for the whole. */
  field: string;
  reason: string;
}

/** What a request held. The good alerts count, whatever the others are. */
export interface ParsedAlerts {
  alerts: Alert[];
  /** At most 100 problems; `rejectedAlerts` counts all alerts that had one. */
  rejected: AlertProblem[];
  rejectedAlerts: number;
  /** What was taken in, but not letter by letter as it was sent; at most 100. */
  notices: AlertProblem[];
  /** Alerts that the sender left out, or that were too many. */
  truncated: number;
  /** Why there was nothing to do, for a message that is well-formed and says nothing about an alert. */
  ignored: string | null;
}

/** Checks a list one by one. `path` is where the list stands in the body; null when the body is the one alert itself. */
export function parseEach<T extends z.ZodType>(
  list: readonly unknown[],
  schema: T,
  toAlert: (item: z.output<T>) => CleanedAlert,
  path: readonly PropertyKey[] | null = ["alerts"],
): ParsedAlerts {
  const parsed: ParsedAlerts = {
    alerts: [],
    rejected: [],
    rejectedAlerts: 0,
    notices: [],
    truncated: 0,
    ignored: null,
  };
  parsed.truncated = Math.max(0, list.length - ALERTS_PER_REQUEST);
  list.slice(0, ALERTS_PER_REQUEST).forEach((item, index) => {
    const result = schema.safeParse(item);
    if (result.success) {
      const { cleaned, ...alert } = toAlert(result.data);
      parsed.alerts.push(alert);
      for (const field of cleaned.slice(0, LISTED - parsed.notices.length))
        parsed.notices.push({ index, field, reason: CLEANED });
      return;
    }
    parsed.rejectedAlerts++;
    for (const issue of result.error.issues) {
      if (parsed.rejected.length >= LISTED) return;
      const at = path ? [...path, index, ...issue.path] : issue.path;
      parsed.rejected.push({ index, field: fieldPath(at).slice(0, 300), reason: reasonOf(issue) });
    }
  });
  return parsed;
}

/** `env:prod,service:shop` as labels; of two values of one name the first, and tags without a value say nothing here. */
export function tagsIn(tags: readonly string[]): Record<string, string> {
  const labels = new Map<string, string>();
  for (const tag of tags) {
    const colon = tag.indexOf(":");
    const name = tag.slice(0, colon).trim();
    if (colon > 0 && name && !labels.has(name)) labels.set(name, tag.slice(colon + 1).trim());
  }
  return Object.fromEntries(labels);
}

/** `0001-01-01T00:00:00Z` says that there is no time. */
const isTime = (at: number | null | undefined): at is number => at != null && isEpochMs(at);

/** What a parser found, as the sender wrote it; null and undefined mean not said. */
export interface AlertDraft {
  source: AlertSourceKind;
  name: string;
  status: AlertStatus;
  labels: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>> | null;
  /** Overrides what the labels say. */
  service?: string | null;
  /** Judged already, or the sender's word. */
  severity?: AlertSeverity | { word: string };
  fingerprint?: string | null;
  startsAt?: number | null;
  endsAt?: number | null;
  /** The first that says something. */
  summary?: readonly (string | null | undefined)[];
  url?: string | null;
  value?: number | null;
}

/** `cleaned`: which of its names held characters that nobody can see: `name`, `service`, `labels.app`. */
export type CleanedAlert = Alert & { cleaned: string[] };

/** The one model, cleaned and bounded. `now` is the time of arrival, in epoch ms. */
export function alertFrom(draft: AlertDraft, now: number): CleanedAlert {
  const name = cleanName(draft.name, ALERT_LIMITS.name) || "unnamed";
  const { status, annotations } = draft;
  const startsAt = isTime(draft.startsAt) ? Math.round(draft.startsAt) : now;
  const endsAt = isTime(draft.endsAt) ? Math.round(draft.endsAt) : now;
  const said = [...(draft.summary ?? []), annotations?.summary, annotations?.message, annotations?.description, name];
  const service = draft.service && cleanName(draft.service, ALERT_LIMITS.name);
  return {
    source: draft.source,
    fingerprint: fingerprint(draft, name),
    name,
    service: serviceOf(service ? { ...draft.labels, service } : draft.labels, name),
    severity: severityIn(draft),
    status,
    startsAt,
    startGiven: isTime(draft.startsAt),
    endsAt: status === "firing" ? null : Math.max(startsAt, endsAt),
    labels: cleanEntries(draft.labels, ALERT_LIMITS.labels, (value) => cleanName(value, ALERT_LIMITS.labelValue)),
    annotations: cleanEntries(annotations ?? {}, ALERT_LIMITS.annotations, (text) =>
      cleanText(text, ALERT_LIMITS.annotationText, true),
    ),
    summary:
      said.map((text) => cleanText(withRoundedNumbers(text ?? ""), ALERT_LIMITS.summary)).find((text) => text !== "") ??
      name,
    generatorUrl: webUrl(draft.url),
    value: numberIn(draft.value ?? annotations?.value),
    cleaned: cleanedIn(draft),
  };
}

/** The names of a draft that hold characters which nobody can see, in our words. */
function cleanedIn({ name, service, labels }: AlertDraft): string[] {
  const changes = (text: string, max: number) => cleanName(text, max) !== cleanText(text, max);
  return [
    ...(changes(name, ALERT_LIMITS.name) ? ["name"] : []),
    ...(service && changes(service, ALERT_LIMITS.name) ? ["service"] : []),
    ...Object.entries(labels)
      .filter(([label, value]) => changes(label, ALERT_LIMITS.labelName) || changes(value, ALERT_LIMITS.labelValue))
      .map(([label]) => `labels.${cleanName(label, ALERT_LIMITS.labelName)}`),
  ];
}

/** What the sender says of it, and its labels otherwise. */
function severityIn({ severity, labels }: AlertDraft): AlertSeverity {
  const said =
    typeof severity === "object" ? severity.word : (labels.severity ?? labels.priority ?? labels.level ?? "");
  if (typeof severity === "string") return severity;
  return (isFromZabbix(labels) ? severityOfZabbix(said) : null) ?? severityOf(said);
}

/** The sender's own where it is a plain one, else its hash; without one, the hash of the labels and the name. */
function fingerprint({ fingerprint: given, labels }: AlertDraft, name: string): string {
  if (!given) return fingerprintOf({ alertname: name, ...labels });
  return /^[\x21-\x7e]{1,100}$/.test(given) ? given : fingerprintOf({ fingerprint: given.toWellFormed() });
}

/** Sorted by name, so that what is beyond the limit does not depend on the order. An empty value is none, as in Prometheus. */
function cleanEntries(
  entries: Readonly<Record<string, string>>,
  count: number,
  cleanValue: (value: string) => string,
): Record<string, string> {
  const clean = Object.keys(entries)
    .toSorted()
    .map((name) => [cleanName(name, ALERT_LIMITS.labelName), cleanValue(entries[name]!)] as const)
    .filter(([name, value]) => name !== "" && value !== "");
  return Object.fromEntries(clean.slice(0, count));
}

/** A link that a person may follow; anything but http and https is none. */
function webUrl(text: string | null | undefined): string | null {
  if (!text || text.length > ALERT_LIMITS.url || !URL.canParse(text)) return null;
  const url = new URL(text);
  return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
}

const numberIn = (value: string | number | null | undefined): number | null => {
  const number = typeof value === "string" ? Number(value.trim() || Number.NaN) : (value ?? Number.NaN);
  return Number.isFinite(number) ? number : null;
};
