import type { Guide } from "../guide";

export const guide: Guide = {
  name: "Alertmanager",
  setUp: (url, token) => ({
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
  }),
};
