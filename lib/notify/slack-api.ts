import { isIP } from "node:net";
import { retryAfterHeader } from "@/lib/core/notify/retry";
import { exchange } from "@/lib/exchange";

/** Slack's methods that are called. */
type Method = "auth.test" | "chat.postMessage" | "chat.update";

export type SlackAnswer =
  | { kind: "ok"; answer: Readonly<Record<string, unknown>> }
  /** Nobody answered, or Slack asks for patience; `limited`: by its rate limit. */
  | { kind: "retry"; reason: string; askedMs: number | null; limited: boolean }
  /** Slack will not do it. `error` is its word for why. */
  | { kind: "refused"; reason: string; error: string };

export interface SlackAccess {
  /** Where Slack is: https://slack.com. */
  origin: string;
  /** Of the bot. It is sent in a header alone, and is in no reason. */
  token: string;
  /** Of all calls of one attempt together. */
  signal: AbortSignal;
  now: () => number;
}

/** Slack's errors that pass by themselves. Some may have been carried out in part: what is repeated may be there twice. */
const PASSING = new Set(["ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"]); // prettier-ignore
const LIMITED = new Set(["ratelimited", "rate_limited"]);
/** What an admin has to do about the others. */
const REMEDY: Readonly<Record<string, string>> = {
  not_in_channel: "invite the app to the channel (/invite)",
  channel_not_found: "check the channel's ID, and invite the app if it is private",
  is_archived: "the channel is archived",
  invalid_auth: "the bot token is wrong",
  token_revoked: "the bot token was revoked: install the app again",
  token_expired: "the bot token has expired: switch off token rotation",
  account_inactive: "the app was removed from the workspace",
  missing_scope: "the app needs the scope chat:write",
};

/** One call of Slack's Web API. Never throws. */
export async function callSlack(access: SlackAccess, method: Method, body: object): Promise<SlackAnswer> {
  const { origin, token, signal, now } = access;
  const answer = await exchange(`${origin}/api/${method}`, {
    method: "POST",
    headers: {
      "content-type": "application/json; charset=utf-8",
      "user-agent": "sentinel",
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify(body),
    signal,
  });
  const where = `${new URL(origin).host} ${method}`;
  if (answer.kind === "no_answer")
    return { kind: "retry", reason: `${where}: ${answer.reason}`, askedMs: null, limited: false };
  const { status, headers, text } = answer;
  const askedMs = retryAfterHeader(headers.get("retry-after"), now());
  if (status === 429) return { kind: "retry", reason: `${where} answered 429`, askedMs, limited: true };
  const said = jsonOf(text);
  // Slack answers 200 to what it refuses, and says so in the body; anything else comes from something in between.
  if (status >= 500 || status === 408 || status === 425 || (status < 300 && said === null))
    return { kind: "retry", reason: `${where} answered ${status}${said === null ? " without JSON" : ""}`, askedMs, limited: false }; // prettier-ignore
  if (status < 300 && said?.["ok"] === true) return { kind: "ok", answer: said };
  const word = said?.["error"];
  const error = typeof word === "string" ? word.slice(0, 100) : `status ${status}`;
  const reason = `${where}: ${error}${REMEDY[error] === undefined ? "" : `: ${REMEDY[error]}`}`;
  return PASSING.has(error)
    ? { kind: "retry", reason, askedMs, limited: LIMITED.has(error) }
    : { kind: "refused", reason, error };
}

function jsonOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** An answer to one person takes no longer than this, in ms: nothing waits for it. */
const ANSWER_MS = 5_000;

/** Where Slack takes answers to clicks: https://hooks.slack.com for https://slack.com. A server under an IP address has one origin for all. */
function hooksOrigin(origin: string): string {
  const url = new URL(origin);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return isIP(host) !== 0 || host === "localhost" ? url.origin : `${url.protocol}//hooks.${url.host}`;
}

/**
 * The address for answers to a click, if it is one of Slack's; else null. It comes with the click, and whoever holds a signing secret
 * may write anything there: no other place is ever called.
 */
export function answerUrl(given: string | undefined, origin: string): string | null {
  if (given === undefined || !URL.canParse(given)) return null;
  const url = new URL(given);
  return url.origin === hooksOrigin(origin) && url.username === "" && url.password === "" ? url.href : null;
}

/** Tells the person who clicked, and nobody else; the message stays as it is. Returns why not; null: told. Never throws. */
export async function answerClick(url: string, body: object): Promise<string | null> {
  const answer = await exchange(url, {
    method: "POST",
    headers: { "content-type": "application/json; charset=utf-8", "user-agent": "sentinel" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  if (answer.kind === "no_answer") return answer.reason;
  return answer.status < 300 ? null : `status ${answer.status}`;
}
