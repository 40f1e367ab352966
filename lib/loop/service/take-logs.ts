import { type LogsAnswer, type LogsBody, parseLines } from "@/lib/contracts/logs";
import { type Db, write } from "@/lib/db/client";
import { logLines } from "@/lib/db/schema";
import { SentinelError } from "@/lib/errors";
import { redactAll } from "../redact-all";

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
  if (good.length === 0)
    throw new SentinelError("invalid", {
      detail: "No line was accepted",
      fields: answer.rejected.map(({ field, reason }) => ({ field, reason })),
    });
  const texts = await redactAll(good.map(({ line }) => line));
  await write(db, [
    db.insert(logLines).values(
      good.map(({ service, level, timestamp }, i) => ({
        node: service,
        at: timestamp ?? now,
        receivedAt: now,
        level,
        line: texts[i]!,
      })),
    ),
  ]);
  return { accepted: good.length, ...answer };
}
