import { cut, headline, levelOf, type Notification } from "@/lib/core/notify/notification";
import { severityText, subjectsText } from "./request";

const SUBJECT_MAX = 200;

export interface Mail {
  messageId: string;
  /** Mail programs show what refers to the same first message as one conversation. */
  references: string;
  subject: string;
  text: string;
  date: Date;
}

/** Plain text, without a picture or a remote resource. The same message has the same Message-ID at each attempt. */
export const mail = (n: Notification): Mail => ({
  messageId: `<${n.id}@sentinel>`,
  references: `<${n.thread.replace(/[^\w.-]/g, "_")}@sentinel>`,
  // A line break would end the header.
  subject: headline(n, SUBJECT_MAX).replace(/\s+/g, " "),
  text: [
    n.text,
    "",
    ...(n.subjects.length > 0 ? [`Concerns: ${cut(subjectsText(n.subjects), 1_000)}`] : []),
    ...(n.severity === null ? [] : [`Severity: ${severityText(n.severity, levelOf(n.severity))}`]),
    ...(n.link === null ? [] : ["", `Open in Sentinel (requires sign-in): ${n.link}`]),
    "",
  ].join("\n"),
  date: new Date(n.at),
});
