import { and, asc, eq, gte, lte } from "drizzle-orm";
import { messageOf as logMessage } from "@/lib/core/evidence/log-message";
import type { Db } from "@/lib/db/client";
import { logLines } from "@/lib/db/schema";
import type { LogSource } from "./logs";
import { couldNotLook, found, messageOf, quoted } from "./looked";

/** Lines that were pushed to Sentinel and are kept in its database. */
export function pushedLogs(db: Db): LogSource {
  const source = "pushed logs";
  return {
    source,
    async read({ node, from, to, limit }) {
      try {
        const rows = await db
          .select({ at: logLines.at, level: logLines.level, line: logLines.line })
          .from(logLines)
          .where(
            and(
              eq(logLines.node, node),
              gte(logLines.at, Math.ceil(from * 1_000)),
              lte(logLines.at, Math.floor(to * 1_000)),
            ),
          )
          .orderBy(asc(logLines.at), asc(logLines.seq))
          .limit(limit + 1);
        const lines = rows.slice(0, limit).map((row) => ({ t: row.at / 1_000, node, line: withLevel(row) }));
        return found(source, lines, rows.length > limit);
      } catch (error) {
        return couldNotLook(source, `the database did not answer: ${quoted(messageOf(error))}`);
      }
    },
  };
}

/** The level that was sent beside a line, before it, unless the line says its own. */
function withLevel({ line, level }: { line: string; level: string | null }): string {
  if (level === null || line.startsWith("{") || logMessage(line).level !== null) return line;
  return line.toLowerCase().includes(level) ? line : `${level} ${line}`;
}
