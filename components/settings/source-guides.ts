import { DATADOG_TEMPLATE } from "@/lib/contracts/datadog-template";

export const GUIDED = ["alertmanager", "grafana", "generic", "datadog", "pagerduty", "github"] as const;
export type Guided = (typeof GUIDED)[number];

export const SOURCE_NAMES: Record<Guided | "sentinel", string> = {
  alertmanager: "Alertmanager",
  grafana: "Grafana",
  generic: "Generic JSON",
  datadog: "Datadog",
  pagerduty: "PagerDuty",
  github: "GitHub (changes)",
  sentinel: "Sentinel itself",
};

export interface Guide {
  /** Where the text goes, and what else has to be set there. */
  steps: string[];
  text: string;
}

/** Stands for the token wherever it is not at hand any more. */
const ELSEWHERE = "$SENTINEL_SOURCE_TOKEN";

/** What to set at the sender so that it reaches Sentinel at `origin`. `token`: only right after a source was made. */
export function guideOf(kind: Guided, origin: string, token = ELSEWHERE): Guide {
  const url = kind === "github" ? `${origin}/api/v1/changes/github` : `${origin}/api/v1/alerts/${kind}`;
  switch (kind) {
    case "alertmanager":
      return {
        steps: [
          "Add this receiver to alertmanager.yml, and name it in your route.",
          "The label service, app or job identifies what an alert is about.",
        ],
        text: `receivers:
  - name: sentinel
    webhook_configs:
      - url: ${url}
        send_resolved: true
        http_config:
          authorization:
            type: Bearer
            credentials: ${token}
`,
      };
    case "grafana":
      return {
        steps: [
          "Put this file into provisioning/alerting, or enter the same under Alerting, Contact points, Webhook.",
          "Then let a notification policy use the contact point.",
        ],
        text: `apiVersion: 1
contactPoints:
  - orgId: 1
    name: sentinel
    receivers:
      - uid: sentinel
        type: webhook
        settings:
          url: ${url}
          httpMethod: POST
          authorization_scheme: Bearer
          authorization_credentials: ${token}
`,
      };
    case "generic":
      return {
        steps: [
          "Only the name is required. Send the same id with status resolved when it ends.",
          "Several at once: a list, or an object with alerts.",
        ],
        text: `curl -X POST "${url}" \\
  -H "Authorization: Bearer ${token}" \\
  -H "Content-Type: application/json" \\
  -d '{
    "id": "checkout-slow",
    "name": "CheckoutSlow",
    "service": "checkout",
    "status": "firing",
    "severity": "critical",
    "summary": "Latency of checkout above 2 s"
  }'
`,
      };
    case "datadog":
      return {
        steps: [
          `Integrations, Webhooks, New: the address is ${url}`,
          `Custom headers: {"X-Sentinel-Token": "${token}"}`,
          "Use this payload, then mention @webhook-sentinel in your monitors.",
        ],
        text: `${JSON.stringify(DATADOG_TEMPLATE, null, 2)}\n`,
      };
    case "pagerduty":
      return {
        steps: [
          `Integrations, Generic Webhooks (v3), New Webhook: the address is ${url}`,
          "Subscribe to the incident events. PagerDuty signs what it sends and shows the secret once, when it is saved.",
          "Set that secret in Sentinel and restart it; until then its webhooks are rejected.",
        ],
        text: "PAGERDUTY_WEBHOOK_SECRET=the secret that PagerDuty shows\n",
      };
    case "github":
      return {
        steps: [
          `Settings, Webhooks, Add webhook: the address is ${url}, content type application/json.`,
          "Choose the events Deployment statuses, Workflow runs and Pushes.",
          "Use the same secret on both sides; until Sentinel has it, its webhooks are rejected.",
        ],
        text: "GITHUB_WEBHOOK_SECRET=at least 16 characters, the same as in GitHub\n",
      };
  }
}
