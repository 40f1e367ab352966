import type { Guide } from "../guide";

export const guide: Guide = {
  name: "PagerDuty",
  setUp: (url) => ({
    steps: [
      `Integrations, Generic Webhooks (v3), New Webhook: the address is ${url}`,
      "Subscribe to the incident events. PagerDuty signs what it sends and shows the secret once, when it is saved.",
      "Set that secret in Sentinel and restart it; until then its webhooks are rejected.",
    ],
    text: "PAGERDUTY_WEBHOOK_SECRET=the secret that PagerDuty shows\n",
  }),
};
