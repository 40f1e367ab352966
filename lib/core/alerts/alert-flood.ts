import { worstSeverity } from "./alert";
import type { Grouping } from "./alert-group";
import { ALERT_SEVERITIES } from "../base/vocabulary";

/** New incidents of one source in a minute: more than a person could look at, and than any outage that was seen has had. */
export const OPENS_PER_MINUTE = 20;
/** The window that these are counted in, in ms. */
export const OPENS_WINDOW_MS = 60_000;

type Opens = Grouping["opens"][number];

export interface Folded extends Opens {
  /** How many incidents this one stands for. */
  incidents: number;
}

/**
 * Of the incidents that a source would open, those that there is `room` for, the gravest and then the earliest first, and one that
 * stands for all the others, with all their alerts and services: whoever sends five hundred alerts at once does not fill the screen,
 * and nothing is lost. Null when there is room for all.
 */
export function foldExcess(opens: readonly Opens[], room: number): { opens: Opens[]; folded: Folded | null } {
  if (opens.length <= room) return { opens: [...opens], folded: null };
  const ordered = opens.toSorted(
    (a, b) => ALERT_SEVERITIES.indexOf(a.severity) - ALERT_SEVERITIES.indexOf(b.severity) || a.onsetAt - b.onsetAt,
  );
  const rest = ordered.slice(Math.max(room, 0));
  return {
    opens: ordered.slice(0, Math.max(room, 0)),
    folded: {
      alertIds: rest.flatMap(({ alertIds }) => alertIds),
      services: [...new Set(rest.flatMap(({ services }) => services))],
      primary: rest[0]!.primary,
      // Nothing explains them all: that they came at once is all that they are known to share.
      suspects: [],
      onsetAt: rest.reduce((first, { onsetAt }) => Math.min(first, onsetAt), Infinity),
      severity: worstSeverity(rest.map(({ severity }) => severity)),
      previousIncidentId: null,
      incidents: rest.length,
    },
  };
}
