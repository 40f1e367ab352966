import { createTransport } from "nodemailer";
import type { Mail } from "./email";
import type { Sent } from "./send";

/** Connecting, greeting and silence on the connection may each take this long, in ms. */
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
      await transport.sendMail({ ...mail, to: [...to], inReplyTo: references, references });
      return { kind: "sent" };
    } catch (error) {
      return failed(error);
    }
  };
}

/** 5xx of SMTP is final, 4xx and what never got an answer is not (RFC 5321, 4.2.1). Wrong credentials may be mended. */
function failed(error: unknown): Sent {
  const { message, code, responseCode } = error as Error & { code?: string; responseCode?: number };
  const reason = `mail server: ${message.replace(/\s+/g, " ").slice(0, 200)}`;
  const final = responseCode !== undefined && responseCode >= 500 && code !== "EAUTH";
  return final ? { kind: "refused", reason } : { kind: "retry", reason, askedMs: null };
}
