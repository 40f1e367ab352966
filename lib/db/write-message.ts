import { type InStatement, LibsqlBatchError, LibsqlError, type ResultSet } from "@libsql/client";

/** What the thread that writes is told. */
export interface ToWriter {
  id: number;
  statements: InStatement[];
}

/** What it answers. Classes do not pass between threads: results and errors are told by what they hold. */
export type FromWriter = { id: number } & ({ results: PlainResult[] } | { error: PlainError });

type PlainResult = Pick<ResultSet, "columns" | "columnTypes" | "rows" | "rowsAffected" | "lastInsertRowid">;

interface PlainError {
  message: string;
  code?: string;
  extendedCode?: string | undefined;
  rawCode?: number | undefined;
  statementIndex?: number;
}

/** Rows keep their values by column; by index nobody asks. */
export const plainResult = ({ columns, columnTypes, rows, rowsAffected, lastInsertRowid }: ResultSet): PlainResult => ({
  columns,
  columnTypes,
  rows: rows.map((row) => ({ ...row })) as ResultSet["rows"],
  rowsAffected,
  lastInsertRowid,
});

export const resultOf = (plain: PlainResult): ResultSet => ({ ...plain, toJSON: () => plain });

export function plainError(error: unknown): PlainError {
  if (!(error instanceof LibsqlError)) return { message: error instanceof Error ? error.message : String(error) };
  const { code, extendedCode, rawCode } = error;
  const index = error instanceof LibsqlBatchError ? { statementIndex: error.statementIndex } : {};
  // The class puts the code in front of the message again.
  const said = error.message.startsWith(`${code}: `) ? error.message.slice(code.length + 2) : error.message;
  return { message: said, code, extendedCode, rawCode, ...index };
}

export function errorOf({ message, code, extendedCode, rawCode, statementIndex }: PlainError): Error {
  if (code === undefined) return new Error(message);
  return statementIndex === undefined
    ? new LibsqlError(message, code, extendedCode, rawCode)
    : new LibsqlBatchError(message, statementIndex, code, extendedCode, rawCode);
}
