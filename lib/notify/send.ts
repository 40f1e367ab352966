import { Webhook } from "standardwebhooks";
import type { ChannelKind, Notification } from "@/lib/core/notify/notification";
import { retryAfterHeader } from "@/lib/core/notify/retry";
import { exchange } from "@/lib/exchange";
import { alertmanager } from "./alertmanager";
import { discord } from "./discord";
import { mail } from "./email";
import { ntfy } from "./ntfy";
import { pagerduty } from "./pagerduty";
import type { ChannelConfig, Render } from "./request";
import { slack } from "./slack";
import type { Mailer } from "./smtp";
import { teams } from "./teams";
import { webhook } from "./webhook";

/** A Slack app's messages are edited as incidents change, by `lib/response/slack`: what is sent here is sent once. */
export type SentOnce = Exclude<ChannelKind, "slack_app">;

const RENDER: Readonly<Record<Exclude<SentOnce, "email">, Render>> = {
  slack,
  teams,
  discord,
  pagerduty,
  alertmanager,
  ntfy,
  webhook,
};

/** A receiver that takes longer than this is taken for one that is down, in ms. */
const TIMEOUT_MS = 10_000;
/** Of what a receiver answers, so much is kept to say why it refused. Characters. */
const ANSWER_CHARS = 200;

export type Sent =
  | { kind: "sent" }
  /** This kind of channel has no form for it. */
  | { kind: "skipped" }
  /** Asked again later: nobody answered, or the receiver asked for patience. */
  | { kind: "retry"; reason: string; askedMs: number | null }
  /** The receiver will not take it, however often it is asked. */
  | { kind: "refused"; reason: string };

export interface SendPorts {
  now: () => number;
  /** Null: no mail server is configured. */
  mailer: Mailer | null;
}

/** Tells one channel, once. Never throws: what went wrong is in the answer, in words that hold no secret of the channel. */
export async function send(
  notification: Notification,
  kind: SentOnce,
  config: ChannelConfig,
  ports: SendPorts,
): Promise<Sent> {
  if (kind === "email") {
    if (ports.mailer === null) return { kind: "refused", reason: "no mail server is configured: set SMTP_URL" };
    return ports.mailer(mail(notification), config.to ?? []);
  }
  const request = RENDER[kind](notification, config);
  if (request === null) return { kind: "skipped" };
  const body = JSON.stringify(request.body);
  const answer = await exchange(request.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "user-agent": "sentinel",
      ...request.headers,
      ...(kind === "webhook" ? signed(notification.id, body, config, ports.now()) : {}),
    },
    body,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const host = new URL(request.url).host;
  if (answer.kind === "no_answer") return { kind: "retry", reason: `${host}: ${answer.reason}`, askedMs: null };
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: "sent" };
  const reason = `${host} answered ${status}${said(answer.text)}`;
  if (status === 408 || status === 425 || status === 429 || status >= 500)
    return { kind: "retry", reason, askedMs: retryAfterHeader(answer.headers.get("retry-after"), ports.now()) };
  return { kind: "refused", reason };
}

/** A receiver verifies the signature, and knows a repetition by the id. */
function signed(id: string, body: string, { secret }: ChannelConfig, now: number): Record<string, string> {
  const at = new Date(now);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now / 1_000)),
    "webhook-signature": new Webhook(secret!).sign(id, at, body),
  };
}

const said = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim().slice(0, ANSWER_CHARS);
  return line === "" ? "" : `: ${line}`;
};
