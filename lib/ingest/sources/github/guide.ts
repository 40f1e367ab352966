import type { Guide } from "../guide";

export const guide: Guide = {
  name: "GitHub (changes)",
  setUp: (url) => ({
    steps: [
      `Under Settings → Webhooks → Add webhook, set the URL to ${url} and the content type to application/json.`,
      "Choose the events Deployment statuses, Workflow runs and Pushes.",
      "Use the same secret on both sides; until it is set in Sentinel, GitHub's webhooks are rejected.",
    ],
    text: "GITHUB_WEBHOOK_SECRET=at least 16 characters, the same as in GitHub\n",
  }),
};
