import { ALERT_SEVERITIES, type AlertSeverity, type AlertSourceKind } from "./vocabulary";

export const ALERT_STATUSES = ["firing", "resolved"] as const;
export type AlertStatus = (typeof ALERT_STATUSES)[number];

/** One alert, whoever sent it. Its texts are cleaned and bounded, and stay untrusted data. */
export interface Alert {
  source: AlertSourceKind;
  /** What makes two messages the same alert, whenever it fires: the sender's own, or a hash of the labels. */
  fingerprint: string;
  name: string;
  /** Which service it is about (see `serviceOf`). */
  service: string;
  severity: AlertSeverity;
  status: AlertStatus;
  /** Epoch ms. With the fingerprint it names one occurrence, as long as the sender gave it. */
  startsAt: number;
  /** False when the sender does not say when it began, and `startsAt` is the time of arrival. */
  startGiven: boolean;
  /** Epoch ms at which it ended, or of the message that said so; null exactly while it fires. */
  endsAt: number | null;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** One line for people, never empty. */
  summary: string;
  /** Where a person can look at it: http or https only. */
  generatorUrl: string | null;
  /** The number that crossed its limit, where it is known. */
  value: number | null;
}

/** Bounds of what an alert may say. Wide enough for any rule, narrow enough that one alert cannot hurt the rest. */
export const ALERT_LIMITS = {
  name: 200,
  labels: 64,
  labelName: 100,
  labelValue: 500,
  annotations: 32,
  annotationText: 2_000,
  summary: 300,
  url: 1_000,
} as const;

/** Control characters, separators that break a line, and marks that make text read in another order than it is stored. */
// oxlint-disable-next-line no-control-regex -- taking out control characters is the purpose
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g;
// oxlint-disable-next-line no-control-regex -- as above, but lines may break
const UNSAFE_IN_LINES = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g;

/**
 * Text as it may be kept and shown: whole characters only, runs of control characters become one space, cut at `max`
 * UTF-16 units with an ellipsis. `lines` keeps line feeds. Markup in it is data. An alert is worth more than its odd
 * characters, so they are taken out here and not refused.
 */
export function cleanText(text: string, max: number, lines = false): string {
  // What is cut off anyway need not be cleaned: a megabyte of text costs no more than a full field.
  const rough = text.length > 4 * max ? text.slice(0, 4 * max) : text;
  const clean = rough
    .toWellFormed()
    .replace(lines ? UNSAFE_IN_LINES : UNSAFE, " ")
    .trim();
  return clean.length <= max ? clean : `${clean.slice(0, max - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** Labels that name what an alert is about, the most telling first. */
export const SERVICE_LABELS = [
  "service",
  "service_name",
  "app",
  "app_kubernetes_io_name",
  "application",
  "deployment",
  "statefulset",
  "daemonset",
  "cronjob",
  "job_name",
  "container",
  "job",
] as const;

/** Where no service is named: the machine. */
const HOST_LABELS = ["node", "host", "hostname", "instance"] as const;

/** Programs that report on others: their name says who saw it, not who suffers. */
const EXPORTERS =
  /(?:^|[-_/])(?:kube[-_]state[-_]metrics|node[-_]exporter|blackbox(?:[-_]exporter)?|cadvisor|kubelet|pushgateway)$/;

/**
 * The service that an alert is about: the first of SERVICE_LABELS that is there and does not name an exporter, else the
 * host (without its port), else the exporter. Where the labels name nothing, `alert:` and the alert's name, so that
 * alerts without a service are not taken for those of one. Names are as the sender writes them.
 */
export function serviceOf(labels: Readonly<Record<string, string>>, alertName: string): string {
  const given = (names: readonly string[]) =>
    names
      .map((name) => (Object.hasOwn(labels, name) ? labels[name] : undefined))
      .filter((value) => !!value) as string[];
  const services = given(SERVICE_LABELS);
  const host = given(HOST_LABELS)[0]?.replace(/:\d+$/, "");
  const named = services.find((value) => !EXPORTERS.test(value)) ?? host ?? services[0] ?? `alert:${alertName}`;
  return cleanText(named, ALERT_LIMITS.name);
}

const CRITICAL =
  /^(?:critical|crit|page|pager|fatal|emergency|emerg|disaster|blocker|major|high|highest|error|err|alert|(?:p|sev|s|severity)[-_ ]?[012]|[12])$/;
const INFO =
  /^(?:info|information|informational|notice|none|debug|ok|success|low|lowest|trivial|(?:p|sev|s|severity)[-_ ]?[45]|[45])$/;

/**
 * The words of many senders on one scale. Numbers and `p`, `sev` … count down from the worst (0 to 2 critical, 3 warning,
 * 4 and 5 info). What is missing or not known is a warning: an alert was sent, so somebody should look.
 */
export function severityOf(word: string | null | undefined): AlertSeverity {
  const said = (word ?? "").trim().toLowerCase();
  return CRITICAL.test(said) ? "critical" : INFO.test(said) ? "info" : "warning";
}

/** The worst of several; info of none. */
export const worstSeverity = (severities: Iterable<AlertSeverity>): AlertSeverity => {
  const all = new Set(severities);
  return ALERT_SEVERITIES.find((severity) => all.has(severity)) ?? "info";
};

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;
const MASK = 0xffffffffffffffffn;
/** No byte of UTF-8, so that no name or value can reach over into the next. */
const SEPARATOR = 255;

/**
 * 16 hex digits that depend only on the set of labels, not on their order: FNV-1a with 64 bits over the sorted names and
 * values, each followed by the byte 255 (as Prometheus and Alertmanager reckon an alert's fingerprint, so that the same
 * alert has the same one whichever way it comes). Tells alerts apart; it does not withstand forgery.
 */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const encoder = new TextEncoder();
  let hash = FNV_OFFSET;
  for (const name of Object.keys(labels).toSorted()) {
    for (const text of [name, labels[name]!]) {
      for (const byte of encoder.encode(text)) hash = ((hash ^ BigInt(byte)) * FNV_PRIME) & MASK;
      hash = ((hash ^ BigInt(SEPARATOR)) * FNV_PRIME) & MASK;
    }
  }
  return hash.toString(16).padStart(16, "0");
}
