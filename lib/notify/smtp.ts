import { setTimeout as wait } from "node:timers/promises";
import { createTransport } from "nodemailer";
import type { Mail } from "./email";
import type { Sent } from "./send";

/** A server that takes longer than this is taken for one that is down, in ms. What it takes later has the same Message-ID. */
const TIMEOUT_MS = 10_000;

export type Mailer = (mail: Mail, to: readonly string[]) => Promise<Sent>;

/** Sends through one server (`smtp://user:password@host:587`, `smtps://` for TLS from the start), from one address. Never throws. */
export function createMailer(url: string, from: string): Mailer {
  const transport = createTransport(url, {
    from,
    // Text from outside stands in the mail: it may not name a file or an address whose content is attached.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  Object.assign(transport.options, {
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
  });
  return async ({ references, ...mail }, to) => {
    try {
      const sending = transport.sendMail({ ...mail, to: [...to], inReplyTo: references, references });
      return await Promise.race([sending.then((): Sent => ({ kind: "sent" })), late(TIMEOUT_MS)]);
    } catch (error) {
      return failed(error);
    }
  };
}

const late = async (ms: number): Promise<Sent> => {
  await wait(ms, undefined, { ref: false });
  return { kind: "retry", reason: "mail server: too slow", askedMs: null };
};

/** 5xx of SMTP is final, 4xx and what never got an answer is not (RFC 5321, 4.2.1). Wrong credentials may be mended. */
function failed(error: unknown): Sent {
  const { message, code, responseCode } = error as Error & { code?: string; responseCode?: number };
  const reason = `mail server: ${message.replace(/\s+/g, " ").slice(0, 200)}`;
  const final = responseCode !== undefined && responseCode >= 500 && code !== "EAUTH";
  return final ? { kind: "refused", reason } : { kind: "retry", reason, askedMs: null };
}
