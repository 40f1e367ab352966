import { closeDb, type Db, getDb } from "@/lib/db/client";
import { migrateDb } from "@/lib/db/migrate";

/** Runs `work` on the database that the environment names, migrated, and closes it. Works beside a running server. */
export async function withDb<T>(work: (db: Db) => Promise<T>): Promise<T> {
  try {
    const db = await getDb();
    await migrateDb(db);
    return await work(db);
  } finally {
    await closeDb();
  }
}

/** Prints a result: as JSON for a script, or as lines for a person. */
export function print(json: boolean | undefined, value: unknown, lines: string[]): void {
  console.log(json ? JSON.stringify(value) : lines.join("\n"));
}

/** Rows as columns that line up. */
export function table(rows: string[][]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

export const day = (at: number | null): string =>
  at === null ? "-" : new Date(at).toISOString().slice(0, 16).replace("T", " ");
