import type { Guide } from "../guide";

export const guide: Guide = {
  name: "PagerDuty",
  setUp: (url) => ({
    steps: [
      `Under Integrations → Generic Webhooks (v3) → New Webhook, set the URL to ${url}`,
      "Subscribe to the incident events. PagerDuty signs what it sends and shows the secret once, when it is saved.",
      "Set that secret in Sentinel and restart Sentinel; until then PagerDuty's webhooks are rejected.",
    ],
    text: "PAGERDUTY_WEBHOOK_SECRET=the secret that PagerDuty shows\n",
  }),
};
