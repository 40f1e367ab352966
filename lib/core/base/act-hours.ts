import type { AgentAction, Mode } from "./vocabulary";
import { localTimeAt } from "./time-zone";

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Hours of the week by the clocks of a time zone. */
export interface ActHours {
  days: Weekday[];
  /** `HH:MM`, included. */
  from: string;
  /** `HH:MM`, excluded. Not later than `from`: on the next day, so that 22:00–06:00 on a Friday ends on Saturday. */
  until: string;
  /** IANA name. */
  time_zone: string;
}

/** A time of day as {@link ActHours} writes it. */
export const TIME_OF_DAY = /^(?:[01]\d|2[0-3]):[0-5]\d$/;

/** How a type's mode is limited, as far as it says when and what Sentinel does without asking. */
export interface ActLimits {
  mode: Mode;
  /** Null: always. */
  actHours: ActHours | null;
  /** Null: every action that its risk allows. */
  actActions: readonly AgentAction[] | null;
}

/** The mode as it is at this moment, epoch ms: outside of its hours `act` recommends. */
export const modeAt = ({ mode, actHours }: Omit<ActLimits, "actActions">, now: number): Mode =>
  mode === "act" && actHours !== null && !isWithin(actHours, now) ? "recommend" : mode;

/** Why a person is asked about an action although the type's mode is `act`; null: these limits have nothing against it. */
export function whyLimited(limits: ActLimits, action: AgentAction, now: number): string | null {
  const { mode, actHours, actActions } = limits;
  if (mode !== "act") return null;
  if (actHours !== null && !isWithin(actHours, now))
    return `it is outside the hours in which Sentinel acts without approval (${hoursText(actHours)})`;
  if (actActions !== null && !actActions.includes(action))
    return `${action.replaceAll("_", " ")} is not among the actions that may run without approval here`;
  return null;
}

/**
 * Whether a moment, epoch ms, lies within the hours. Clocks on the wall count: where they are set back, the hour that comes twice is
 * within both times; times that are skipped in spring never come. A zone that there is not has no hours.
 */
export function isWithin({ days, from, until, time_zone }: ActHours, now: number): boolean {
  const local = localTimeAt(time_zone, now);
  if (local === null) return false;
  const [start, end] = [minuteOf(from), minuteOf(until)];
  const on = (day: number) => days.includes(WEEKDAYS[(day + 7) % 7]!);
  if (start < end) return on(local.weekday) && local.minute >= start && local.minute < end;
  return (on(local.weekday) && local.minute >= start) || (on(local.weekday - 1) && local.minute < end);
}

const minuteOf = (time: string): number => 60 * Number(time.slice(0, 2)) + Number(time.slice(3));

const NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** `Mon–Fri 09:00–18:00 Europe/Berlin`; days in a row are joined. */
export function hoursText({ days, from, until, time_zone }: ActHours): string {
  const on = WEEKDAYS.flatMap((day, i) => (days.includes(day) ? [i] : []));
  const rows: number[][] = [];
  for (const day of on) {
    const row = rows.at(-1);
    if (row?.at(-1) === day - 1) row.push(day);
    else rows.push([day]);
  }
  const names = rows.flatMap((row) =>
    row.length > 2 ? [`${NAMES[row[0]!]}–${NAMES[row.at(-1)!]}`] : row.map((day) => NAMES[day]!),
  );
  return `${names.join(", ")} ${from}–${until} ${time_zone}`;
}

/** What limits mode `act`, for people; null where nothing does. */
export function limitsText({ mode, actHours, actActions }: ActLimits): string | null {
  if (mode !== "act" || (actHours === null && actActions === null)) return null;
  const when = actHours === null ? "Acts at any time" : `Acts ${hoursText(actHours)}`;
  const what =
    actActions === null
      ? ""
      : actActions.length === 0
        ? ", quarantine only"
        : `, quarantine and ${actActions.map((action) => action.replaceAll("_", " ")).join(", ")} only`;
  return `${when}${what}; otherwise requires approval`;
}
