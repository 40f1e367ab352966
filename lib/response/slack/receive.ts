import { setTimeout as wait } from "node:timers/promises";
import type { Db } from "@/lib/db/client";
import { log } from "@/lib/log";
import { answerClick, answerUrl } from "@/lib/notify/slack-api";
import { whisper } from "@/lib/notify/slack-app";
import { admitSlack } from "./admit";
import { readClick, takeClick, type Taken } from "./click";

/** Slack shows an error to whoever clicked unless it is answered within three seconds; the work goes on after that. In ms. */
const ANSWER_WITHIN_MS = 2_000;

export interface ReceivePorts {
  /** Where Slack is. */
  slack: string;
  /** Of this console; null: unknown, so that nobody is led there. */
  origin: string | null;
  /** Opens channels' settings. */
  secret: string;
  now: number;
}

/**
 * Takes a request that says it is Slack's: checks the signature, does what was clicked, and tells the person by Slack. Returns within
 * three seconds. Throws `unauthenticated`, `rate_limited`, `malformed`, `invalid`.
 */
export async function receiveClick(db: Db, headers: Headers, body: Buffer, ports: ReceivePorts): Promise<void> {
  const signers = await admitSlack(db, headers, body, ports.secret, ports.now);
  const click = readClick(body);
  if (click === null) return;
  const taken = takeClick(db, click, signers, ports.now);
  // The person is told once it is done, which this request does not wait for.
  void tell(taken, answerUrl(click.response_url, ports.slack), ports.origin).catch((err: unknown) =>
    log().error({ err }, "a click in Slack failed"),
  );
  await Promise.race([taken, wait(ANSWER_WITHIN_MS, undefined, { ref: false })]);
}

async function tell(taken: Promise<Taken>, url: string | null, origin: string | null): Promise<void> {
  const { words, lookAt } = await taken;
  if (url === null) return log().warn("a click in Slack came without an address of Slack's for the answer");
  const failed = await answerClick(
    url,
    whisper(words, origin === null || lookAt === undefined ? null : origin + lookAt),
  );
  if (failed !== null) log().warn({ reason: failed }, "the answer to a click in Slack did not arrive");
}
