import type { Guide } from "../guide";

export const guide: Guide = {
  name: "Grafana",
  setUp: (url, token) => ({
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
  }),
};
