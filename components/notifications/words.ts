import { hoursText } from "@/lib/core/base/act-hours";
import type { ChannelKind, NotificationState, Purpose } from "@/lib/core/notify/notification";
import type { Rules } from "@/lib/core/notify/routing";
import type { Tone } from "@/components/ui/badge";

export const CHANNEL: Record<ChannelKind, string> = {
  slack: "Slack webhook",
  slack_app: "Slack app",
  teams: "Microsoft Teams",
  discord: "Discord",
  pagerduty: "PagerDuty",
  alertmanager: "Alertmanager",
  email: "E-mail",
  ntfy: "ntfy",
  webhook: "Webhook",
};

/** Where the address of each kind is found. */
export const HINT: Record<ChannelKind, string> = {
  slack: "An incoming webhook of your Slack app: https://hooks.slack.com/services/…",
  slack_app: "Messages with Approve, Reject and Acknowledge, kept up to date",
  teams: "The URL of a workflow “When a Teams webhook request is received”",
  discord: "Channel settings, Integrations, Webhooks: https://discord.com/api/webhooks/…",
  pagerduty: "The integration key of a service with an Events API v2 integration",
  alertmanager: "Its address, such as http://alertmanager:9093; incidents become alerts named SentinelIncident",
  email: "Addresses, separated by commas",
  ntfy: "A topic, such as https://ntfy.sh/a-name-nobody-guesses",
  webhook: "Receives JSON, signed as Standard Webhooks describes",
};

export const PURPOSE: Record<Purpose, string> = {
  page: "Page",
  acknowledged: "Acknowledged",
  resolved: "Closed",
  test: "Test",
};

export const STATE: Record<NotificationState, { label: string; tone: Tone }> = {
  pending: { label: "Pending", tone: "info" },
  sending: { label: "Sending", tone: "info" },
  sent: { label: "Sent", tone: "ok" },
  failed: { label: "Failed", tone: "hold" },
  skipped: { label: "Not sent", tone: "mute" },
};

/** What a channel is told, in a line. */
export function rulesText(rules: Rules): string {
  const of = [...(rules.agent_types ?? []), ...(rules.services ?? [])];
  return [
    rules.min_severity > 0 ? `severity ${rules.min_severity} and above` : "all severities",
    ...(of.length > 0 ? [`only ${of.join(", ")}`] : []),
    ...(rules.after_minutes > 0 ? [`if nobody answers within ${rules.after_minutes} min`] : []),
    ...(rules.quiet === null ? [] : [`below ${rules.quiet_below} not during ${hoursText(rules.quiet)}`]),
  ].join("; ");
}
