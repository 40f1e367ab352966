/**
 * Payload for a webhook of Datadog's Webhooks integration, to be pasted as it is; Datadog fills in the variables. The
 * token goes into its custom headers: `{"X-Sentinel-Token": "…"}`.
 * Stands alone because the browser shows it: zod would come along, and it tries to make functions from text, which the pages' policy forbids.
 */
export const DATADOG_TEMPLATE = {
  alert_id: "$ALERT_ID",
  title: "$ALERT_TITLE",
  transition: "$ALERT_TRANSITION",
  type: "$ALERT_TYPE",
  priority: "$ALERT_PRIORITY",
  scope: "$ALERT_SCOPE",
  metric: "$ALERT_METRIC",
  query: "$ALERT_QUERY",
  status: "$ALERT_STATUS",
  message: "$TEXT_ONLY_MSG",
  host: "$HOSTNAME",
  tags: "$TAGS",
  link: "$LINK",
  date: "$DATE",
} as const;
