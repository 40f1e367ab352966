import type { Guide } from "../guide";

export const guide: Guide = {
  name: "Grafana",
  setUp: (url, token) => ({
    steps: [
      "Add this file to provisioning/alerting, or enter the same values under Alerting → Contact points → Webhook.",
      "Then select the contact point in a notification policy.",
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
  }),
};
