import type { Notification } from "@/lib/core/notify/notification";

/** What a channel is set to: fields by kind, as an admin entered them. */
export interface ChannelConfig {
  url?: string | undefined;
  /** Of PagerDuty: the integration's routing key. */
  routing_key?: string | undefined;
  /** A bearer token; of a Slack app, the bot's. */
  token?: string | undefined;
  /** Of a Slack app: the ID of the channel in Slack, and what Slack signs clicks with. */
  channel?: string | undefined;
  signing_secret?: string | undefined;
  /** With which Standard Webhooks are signed. */
  secret?: string | undefined;
  to?: string[] | undefined;
}

export interface ChannelRequest {
  url: string;
  headers: Record<string, string>;
  body: unknown;
}

/** The request that tells a channel; null where the kind has no form for this purpose. */
export type Render = (notification: Notification, config: ChannelConfig) => ChannelRequest | null;

export const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

/** `checkout, payments and 3 more`. */
export function subjectsText(subjects: readonly string[], most = 5): string {
  if (subjects.length <= most) return subjects.join(", ");
  return `${subjects.slice(0, most).join(", ")} and ${subjects.length - most} more`;
}

/** `critical · severity 8.5`; null where there is none. */
export const severityText = (severity: number | null, level: string): string | null =>
  severity === null ? null : `${level} · severity ${Math.round(severity * 10) / 10}`;
