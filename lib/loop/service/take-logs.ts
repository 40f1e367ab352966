import { type LogsAnswer, type LogsBody, parseLines } from "@/lib/contracts/logs";
import { redact } from "@/lib/core/redact";
import { type Db, write } from "@/lib/db/client";
import { logLines } from "@/lib/db/schema";
import { SentinelError } from "@/lib/errors";

/**
 * Stores pushed lines, secrets and personal data taken out. Durable before it returns. Lines are judged one by one: the good ones
 * are kept whatever the others are; if all are bad nothing is stored and it throws `invalid`, with each problem's field.
 */
export async function takeLogs(db: Db, { lines }: LogsBody, now: number): Promise<LogsAnswer> {
  const { good, ...answer } = parseLines(lines);
  if (good.length === 0)
    throw new SentinelError("invalid", {
      detail: "No line was accepted",
      fields: answer.rejected.map(({ field, reason }) => ({ field, reason })),
    });
  await write(db, [
    db.insert(logLines).values(
      good.map(({ service, line, level, timestamp }) => ({
        node: service,
        at: timestamp ?? now,
        receivedAt: now,
        level,
        line: redact(line).text,
      })),
    ),
  ]);
  return { accepted: good.length, ...answer };
}
