import type { Render } from "./request";

/** A JSON event in the form that Standard Webhooks recommends; `send` signs it. */
export const webhook: Render = (n, { url }) => ({
  url: url!,
  headers: {},
  body: {
    type: `sentinel.${n.purpose}`,
    timestamp: new Date(n.at).toISOString(),
    data: {
      id: n.id,
      thread: n.thread,
      title: n.title,
      text: n.text,
      severity: n.severity,
      subjects: n.subjects,
      link: n.link,
      started_at: new Date(n.startedAt).toISOString(),
    },
  },
});
