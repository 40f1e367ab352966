import { type LogsAnswer, type LogsBody, parseLines, type PushedLine } from "@/lib/contracts/logs";
import { type Db, write } from "@/lib/db/client";
import { insertLogLines } from "@/lib/db/queries/log-lines";
import { SentinelError } from "@/lib/errors";
import { yieldToEventLoop } from "@/lib/event-loop";
import { redactAll } from "./redact-all";

/**
 * Stores pushed lines, secrets and personal data taken out. Durable before it returns. Lines are judged one by one: the good ones
 * are kept whatever the others are; if all are bad nothing is stored and it throws `invalid`, with each problem's field.
 */
export async function takeLogs(
  db: Db,
  { lines }: LogsBody,
  now: number,
  isTheirs?: (service: string) => boolean,
): Promise<LogsAnswer> {
  const { good, ...answer } = parseLines(lines, isTheirs);
  await yieldToEventLoop();
  if (good.length === 0)
    throw new SentinelError("invalid", {
      detail: "No lines were accepted",
      fields: answer.rejected.map(({ field, reason }) => ({ field, reason })),
    });
  await storeLines(db, good, now);
  return { accepted: good.length, ...answer };
}

/** Stores lines that were judged, secrets and personal data taken out. Durable before it returns. */
export async function storeLines(db: Db, lines: readonly PushedLine[], now: number): Promise<void> {
  const texts = await redactAll(lines.map(({ line }) => line));
  await yieldToEventLoop();
  await write(db, [
    insertLogLines(
      lines.map((line, i) => ({ ...line, line: texts[i]! })),
      now,
    ),
  ]);
}
