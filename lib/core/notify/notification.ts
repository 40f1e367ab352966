/** Where people are told. `slack`: an incoming webhook; `slack_app`: an app, with buttons; `webhook`: anything that verifies Standard Webhooks. */
export const CHANNEL_KINDS = [
  "slack",
  "slack_app",
  "teams",
  "discord",
  "pagerduty",
  "alertmanager",
  "email",
  "ntfy",
  "webhook",
] as const;
export type ChannelKind = (typeof CHANNEL_KINDS)[number];

/** page: a person is needed. acknowledged: somebody answered. resolved: the incident has closed. */
export const PURPOSES = ["page", "acknowledged", "resolved", "test"] as const;
export type Purpose = (typeof PURPOSES)[number];

export const NOTIFICATION_STATES = ["pending", "sending", "sent", "failed", "skipped"] as const;
export type NotificationState = (typeof NOTIFICATION_STATES)[number];

/** What a channel is given to say. All texts may hold what agents, alerts and people wrote: data for the receiver, never markup. */
export interface Notification {
  /** The same at each attempt, so that a receiver can tell a repetition. */
  id: string;
  purpose: Purpose;
  /** What belongs together: an incident, else what the event was about. */
  thread: string;
  title: string;
  text: string;
  /** 0 to 10; null: nothing that has a severity. */
  severity: number | null;
  /** Ids of agents and services, the first ones. */
  subjects: readonly string[];
  /** To the screen where a decision is taken; null: this server's public address is not known (SENTINEL_URL). */
  link: string | null;
  /** When it happened, and when its thread began, epoch ms. */
  at: number;
  startedAt: number;
}

/** Of the vocabulary of Alertmanager and PagerDuty; the bands of the console. */
export type Level = "critical" | "error" | "warning" | "info";

/** The console's bands: 7 and above is critical, 4 and above high. What has no severity needs a person all the same. */
export const levelOf = (severity: number | null): Level =>
  severity === null
    ? "warning"
    : severity >= 7
      ? "critical"
      : severity >= 4
        ? "error"
        : severity > 0
          ? "warning"
          : "info";

const HEADS: Readonly<Record<Purpose, string>> = {
  page: "",
  acknowledged: "Acknowledged: ",
  resolved: "Closed: ",
  test: "Test: ",
};

/** The first line, of at most `max` characters. */
export const headline = ({ purpose, title }: Notification, max: number): string => cut(HEADS[purpose] + title, max);

/** Shortens to `max` characters, never within a surrogate pair. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = /[\uD800-\uDBFF]/.test(text.charAt(max - 2)) ? max - 2 : max - 1;
  return `${text.slice(0, end)}…`;
}
