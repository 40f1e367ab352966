import { cut, headline, levelOf } from "@/lib/core/notify/notification";
import { bearer, type Render } from "./request";

/** ntfy turns messages above 4,096 bytes into attachments; a character may take four. */
const MESSAGE_MAX = 1_000;
const TITLE_MAX = 200;
const PRIORITIES = { critical: 5, error: 4, warning: 3, info: 2 } as const;
const CALM = 2;

/** A topic's address, such as https://ntfy.sh/a-topic-that-nobody-guesses. Published as JSON, which takes every character. */
export const ntfy: Render = (n, { url, token }) => {
  const { origin, pathname } = new URL(url!);
  return {
    url: origin,
    headers: bearer(token),
    body: {
      topic: pathname.slice(1),
      title: headline(n, TITLE_MAX),
      message: cut(n.text, MESSAGE_MAX),
      priority: n.purpose === "page" ? PRIORITIES[levelOf(n.severity)] : CALM,
      ...(n.link === null ? {} : { click: n.link }),
    },
  };
};
