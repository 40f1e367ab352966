import type { PushedLine } from "@/lib/contracts/logs";
import type { Statement } from "../client";

/** All lines as one statement. Written as SQL: building it from thousands of rows takes a builder of queries longer than storing them. */
export const insertLogLines = (lines: readonly PushedLine[], now: number): Statement => ({
  sql: `INSERT INTO log_lines (node, at, received_at, level, line) VALUES ${lines.map(() => "(?, ?, ?, ?, ?)").join(", ")}`,
  args: lines.flatMap(({ service, level, timestamp, line }) => [service, timestamp ?? now, now, level, line]),
});
