import { ALERT_SEVERITIES, type AlertSeverity, type AlertSourceKind } from "../base/vocabulary";

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

/** Whether one severity is graver than another. */
export const isMoreSevere = (one: AlertSeverity, than: AlertSeverity): boolean =>
  ALERT_SEVERITIES.indexOf(one) < ALERT_SEVERITIES.indexOf(than);

/** The worst of several; info of none. */
export const worstSeverity = (severities: Iterable<AlertSeverity>): AlertSeverity => {
  const all = new Set(severities);
  return ALERT_SEVERITIES.find((severity) => all.has(severity)) ?? "info";
};

/** FNV-1a's offset basis with 64 bits, in halves: numbers hold 53, and BigInt takes a tenth of a second for a megabyte. */
const FNV_OFFSET = [0xcbf29ce4, 0x84222325] as const;
/** FNV's prime is this plus 2^40. */
const FNV_PRIME_LOW = 0x1b3;
const TWO_32 = 2 ** 32;
/** No byte of UTF-8, so that no name or value can reach over into the next. */
const SEPARATOR = 255;

/**
 * 16 hex digits that depend only on the set of labels, not on their order: FNV-1a with 64 bits over the sorted names and
 * values, each followed by the byte 255 (as Prometheus and Alertmanager reckon an alert's fingerprint, so that the same
 * alert has the same one whichever way it comes). Tells alerts apart; it does not withstand forgery.
 */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const encoder = new TextEncoder();
  let [high, low]: [number, number] = [...FNV_OFFSET];
  const add = (byte: number) => {
    const product = ((low ^ byte) >>> 0) * FNV_PRIME_LOW;
    // 2^40 times the low half reaches into the high one only.
    high = (high * FNV_PRIME_LOW + ((low ^ byte) >>> 0) * 256 + Math.floor(product / TWO_32)) >>> 0;
    low = product >>> 0;
  };
  for (const name of Object.keys(labels).toSorted()) {
    for (const text of [name, labels[name]!]) {
      for (const byte of encoder.encode(text)) add(byte);
      add(SEPARATOR);
    }
  }
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
