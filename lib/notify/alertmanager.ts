import { cut, headline, levelOf } from "@/lib/core/notify/notification";
import { bearer, type Render, subjectsText } from "./request";

const ANNOTATION_MAX = 4_000;
const LABEL_MAX = 500;
/** An alert stays active until its end is told, and this long at most, in ms: nobody repeats it, as Prometheus would. */
const ACTIVE_MS = 7 * 24 * 60 * 60_000;

/**
 * API v2. The labels are the alert's identity and the same in each message of a thread, so that its end resolves it. The severity may
 * change meanwhile, and is therefore an annotation. Null for an acknowledgement, which Alertmanager does not know.
 */
export const alertmanager: Render = (n, { url, token }) => {
  if (n.purpose === "acknowledged") return null;
  const end = n.purpose === "page" ? n.startedAt + ACTIVE_MS : n.at;
  return {
    url: `${url}/api/v2/alerts`,
    headers: bearer(token),
    body: [
      {
        labels: { alertname: n.purpose === "test" ? "SentinelTest" : "SentinelIncident", source: "sentinel", thread: cut(n.thread, LABEL_MAX) },
        annotations: {
          summary: headline(n, ANNOTATION_MAX),
          description: cut(n.text, ANNOTATION_MAX),
          severity: levelOf(n.severity),
          subjects: cut(subjectsText(n.subjects), ANNOTATION_MAX),
        },
        startsAt: new Date(n.startedAt).toISOString(),
        endsAt: new Date(Math.max(end, n.startedAt)).toISOString(),
        ...(n.link === null ? {} : { generatorURL: n.link }),
      },
    ],
  };
}; // prettier-ignore
