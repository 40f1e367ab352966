import { cut, headline, levelOf, type Purpose } from "@/lib/core/notify/notification";
import { type Render, subjectsText } from "./request";

/** Where events go unless a region's own address is set, such as https://events.eu.pagerduty.com. */
const EVENTS = "https://events.pagerduty.com";
/** PagerDuty's limits, in characters. */
const SUMMARY_MAX = 1_024;
const KEY_MAX = 255;
const DETAIL_MAX = 10_000;

const ACTIONS: Readonly<Record<Purpose, "trigger" | "acknowledge" | "resolve">> = {
  page: "trigger",
  acknowledged: "acknowledge",
  resolved: "resolve",
  test: "trigger",
};

/** Events API v2. The thread is the deduplication key: what is sent twice is one incident there. */
export const pagerduty: Render = (n, { url, routing_key }) => ({
  url: `${url ?? EVENTS}/v2/enqueue`,
  headers: {},
  body: {
    routing_key,
    event_action: ACTIONS[n.purpose],
    dedup_key: cut(`sentinel/${n.thread}`, KEY_MAX),
    client: "Sentinel",
    ...(n.link === null ? {} : { client_url: n.link }),
    payload: {
      summary: headline(n, SUMMARY_MAX),
      source: n.subjects.length > 0 ? subjectsText(n.subjects) : "sentinel",
      severity: levelOf(n.severity),
      timestamp: new Date(n.at).toISOString(),
      custom_details: { text: cut(n.text, DETAIL_MAX), subjects: n.subjects, severity: n.severity },
    },
  },
});
