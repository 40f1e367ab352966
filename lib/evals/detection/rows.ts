import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse";

/** One row of a file: its columns' texts or JSON values. */
export type Row = Record<string, unknown>;

/**
 * Stream the rows of a `.csv` or `.jsonl` file, gzipped or not (`.gz`). CSV values are strings, an empty one is a missing
 * one. Throws an error that names the file, and the line where there is one.
 */
export async function* rowsOf(file: string): AsyncGenerator<Row> {
  const plain = file.replace(/\.gz$/, "");
  let raw: Readable | null = null;
  try {
    raw = (await open(file)).createReadStream();
    const bytes = file.endsWith(".gz") ? raw.pipe(createGunzip()) : raw;
    raw.on("error", (cause) => bytes.destroy(cause));
    if (plain.endsWith(".jsonl")) yield* jsonRows(bytes, file);
    else if (plain.endsWith(".csv"))
      yield* bytes.pipe(parse({ columns: true, skip_empty_lines: true, bom: true, relax_quotes: true }));
    else throw new Error("the name must end in .csv, .jsonl, .csv.gz or .jsonl.gz");
  } catch (cause) {
    throw new Error(`--input ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  } finally {
    raw?.destroy();
  }
}

async function* jsonRows(bytes: Readable, file: string): AsyncGenerator<Row> {
  let line = 0;
  for await (const text of createInterface({ input: bytes, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    if (text.trim() === "") continue;
    let row: unknown;
    try {
      row = JSON.parse(text);
    } catch (cause) {
      throw new Error(`line ${line} of ${file} is not JSON`, { cause });
    }
    if (row === null || typeof row !== "object" || Array.isArray(row))
      throw new Error(`line ${line} is not a JSON object`);
    yield row as Row;
  }
}
