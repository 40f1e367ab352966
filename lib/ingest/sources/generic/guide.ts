import type { Guide } from "../guide";

export const guide: Guide = {
  name: "Generic JSON",
  setUp: (url, token) => ({
    steps: [
      "Only the name is required. Send the same id with status resolved when it ends.",
      "To send several at once, send a list, or an object with the list in alerts.",
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
  }),
};
