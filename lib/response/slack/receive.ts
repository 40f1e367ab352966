import { setTimeout as wait } from "node:timers/promises";
import type { Db } from "@/lib/db/client";
import type { ChannelRow } from "@/lib/db/queries/notifications";
import { log } from "@/lib/log";
import { answerClick, answerUrl } from "@/lib/notify/slack-api";
import { whisper } from "@/lib/notify/slack-app";
import { readClick, takeClick, type Taken } from "./click";

/** Slack shows an error to whoever clicked unless it is answered within three seconds; the work goes on after that. In ms. */
const ANSWER_WITHIN_MS = 2_000;

export interface ReceivePorts {
  /** Where Slack is. */
  slack: string;
  /** Of this console; null: unknown, so that nobody is led there. */
  origin: string | null;
  now: number;
}

/**
 * Takes a body that Slack signed, as the app of these channels: does what was clicked, and tells the person by Slack. Returns within three
 * seconds. Throws `malformed`, `invalid`.
 */
export async function receiveClick(
  db: Db,
  signers: readonly ChannelRow[],
  body: Buffer,
  ports: ReceivePorts,
): Promise<void> {
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
