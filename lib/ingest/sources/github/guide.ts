import type { Guide } from "../guide";

export const guide: Guide = {
  name: "GitHub (changes)",
  setUp: (url) => ({
    steps: [
      `Settings, Webhooks, Add webhook: the address is ${url}, content type application/json.`,
      "Choose the events Deployment statuses, Workflow runs and Pushes.",
      "Use the same secret on both sides; until Sentinel has it, its webhooks are rejected.",
    ],
    text: "GITHUB_WEBHOOK_SECRET=at least 16 characters, the same as in GitHub\n",
  }),
};
