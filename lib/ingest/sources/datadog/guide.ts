import type { Guide } from "../guide";
import { DATADOG_TEMPLATE } from "./template";

export const guide: Guide = {
  name: "Datadog",
  setUp: (url, token) => ({
    steps: [
      `Under Integrations → Webhooks → New, set the URL to ${url}`,
      `Custom headers: {"X-Sentinel-Token": "${token}"}`,
      "Use this payload, then mention @webhook-sentinel in your monitors.",
    ],
    text: `${JSON.stringify(DATADOG_TEMPLATE, null, 2)}\n`,
  }),
};
