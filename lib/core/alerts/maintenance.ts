import type { Alert } from "./alert";
import { nameOf } from "./service-identity";

/** A time in which alerts of some services are expected. Times are epoch ms; `endsAt` is not within. */
export interface MaintenanceWindow {
  id: string;
  /** Name of a service; `*` stands for any text, `?` for one character. */
  service: string;
  /** Labels that must have exactly these values, all of them. */
  labels: Readonly<Record<string, string>>;
  startsAt: number;
  endsAt: number;
}

/**
 * The window that mutes an alert now, or null. Muting keeps an alert from opening an incident, not from being recorded;
 * a window ends by itself: judged again after its end, an alert that still fires opens what it should. Of several, the
 * one that ends last, so that what is shown is how long it stays quiet.
 */
export function mutedBy<W extends MaintenanceWindow>(
  alert: Pick<Alert, "service" | "labels">,
  windows: readonly W[],
  now: number,
): W | null {
  let last: W | null = null;
  for (const window of windows) {
    if (now < window.startsAt || now >= window.endsAt) continue;
    if (last && (window.endsAt < last.endsAt || (window.endsAt === last.endsAt && window.id >= last.id))) continue;
    if (fits(window, alert)) last = window;
  }
  return last;
}

const fits = (window: MaintenanceWindow, alert: Pick<Alert, "service" | "labels">): boolean =>
  (globFits(window.service, alert.service) ||
    // Whoever says which labels says which environment, and may leave it out of the name.
    (Object.keys(window.labels).length > 0 && globFits(window.service, nameOf(alert.service)))) &&
  Object.entries(window.labels).every(
    ([name, value]) => Object.hasOwn(alert.labels, name) && alert.labels[name] === value,
  );

/**
 * Whether a whole text fits a pattern of `*` and `?`. Goes back only to the last star, so that no pattern from outside
 * costs more than the product of the two lengths.
 */
export function globFits(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p++;
      mark = t;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
