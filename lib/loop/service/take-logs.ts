import type { LogsBody } from "@/lib/contracts/operations";
import { epochMs } from "@/lib/contracts/timestamp";
import { redact } from "@/lib/core/redact";
import { type Db, write } from "@/lib/db/client";
import { logLines } from "@/lib/db/schema";

/** Stores pushed lines, secrets and personal data taken out. Durable before it returns. */
export async function takeLogs(db: Db, { lines }: LogsBody, now: number): Promise<number> {
  await write(db, [
    db.insert(logLines).values(
      lines.map(({ service, line, level, timestamp }) => ({
        node: service,
        at: timestamp === undefined ? now : epochMs(timestamp),
        receivedAt: now,
        level: level ?? null,
        line: redact(line).text,
      })),
    ),
  ]);
  return lines.length;
}
