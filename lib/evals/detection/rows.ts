import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { parse } from "csv-parse";

/** One row of a file: its columns' texts or JSON values. */
export type Row = Record<string, unknown>;

const KINDS = { csv: /\.(?:csv|tsv)$/i, jsonl: /\.(?:jsonl|ndjson)$/i } as const;
type FileKind = keyof typeof KINDS;

/** What a file's name says it holds, packed or not. Throws an error that names the file. */
export function kindOf(file: string): FileKind {
  const plain = file.replace(/\.gz$/i, "");
  if (KINDS.jsonl.test(plain)) return "jsonl";
  if (KINDS.csv.test(plain)) return "csv";
  throw new Error(`--input ${file}: the name must end in .csv, .jsonl, .csv.gz or .jsonl.gz (or .tsv, .ndjson)`);
}

/**
 * Stream the rows of a CSV or JSON lines file, gzipped or not, in UTF-8 or UTF-16, with or without a byte order mark. CSV is
 * separated by commas, semicolons, tabs or bars, whichever its header has; its values are strings, an empty one is a
 * missing one; a header that comes again (of files put together) is no row. Whole numbers of JSON too long for a double
 * come as text, with all their digits. Throws an error that names the file, the line where there is one, and of `used`
 * any column that stands in the header twice.
 */
export async function* rowsOf(file: string, used: ReadonlySet<string> = new Set()): AsyncGenerator<Row> {
  const kind = kindOf(file);
  let raw: Readable | null = null;
  try {
    raw = (await open(file)).createReadStream();
    const text = decoded(unpacked(raw));
    if (kind === "jsonl") yield* jsonRows(text, file);
    else yield* csvRows(text, used);
  } catch (cause) {
    throw new Error(`--input ${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  } finally {
    raw?.destroy();
  }
}

/** Gzip is known by its first bytes, whatever the file is called. */
async function* unpacked(raw: Readable): AsyncGenerator<Buffer> {
  const chunks = raw.iterator() as AsyncIterableIterator<Buffer>;
  const first = await chunks.next();
  if (first.done) return;
  const all = Readable.from(
    (async function* () {
      yield first.value;
      yield* chunks;
    })(),
  );
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) {
    yield* all as AsyncIterable<Buffer>;
    return;
  }
  const gunzip = createGunzip();
  all.on("error", (cause) => gunzip.destroy(cause));
  yield* all.pipe(gunzip) as AsyncIterable<Buffer>;
}

/** Text of bytes; the decoder takes byte order marks out. */
async function* decoded(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  for await (const chunk of bytes) {
    decoder ??= new TextDecoder(encodingOf(chunk));
    const text = decoder.decode(chunk, { stream: true });
    if (text) yield text;
  }
  const rest = decoder?.decode();
  if (rest) yield rest;
}

/** By its mark, or by where the zero bytes of Latin letters are. */
function encodingOf(head: Buffer): string {
  const [a, b, , d] = head;
  if (a === 0xff && b === 0xfe) return "utf-16le";
  if (a === 0xfe && b === 0xff) return "utf-16be";
  if (b === 0 && d === 0 && a !== 0) return "utf-16le";
  return a === 0 && b !== 0 ? "utf-16be" : "utf-8";
}

async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of text) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** A number of so many digits may have more than a double can hold. */
const LONG = /\d{16}/;
/** Texts as they are, or whole numbers outside of them. */
const TEXT_OR_LONG = /"(?:[^"\\]|\\.)*"|(?<![\w.+-])-?\d{16,400}(?![\w.])/g;

/** A JSON value whose long whole numbers are texts, so that two ids do not become one. */
const parseJson = (line: string): unknown =>
  JSON.parse(
    LONG.test(line) ? line.replace(TEXT_OR_LONG, (part) => (part.startsWith('"') ? part : `"${part}"`)) : line,
  );

async function* jsonRows(text: AsyncIterable<string>, file: string): AsyncGenerator<Row> {
  let line = 0;
  for await (const one of linesOf(text)) {
    line++;
    if (one.trim() === "") continue;
    let row: unknown;
    try {
      row = parseJson(one);
    } catch (cause) {
      throw new Error(`line ${line} of ${file} is not JSON`, { cause });
    }
    if (row === null || typeof row !== "object" || Array.isArray(row))
      throw new Error(`line ${line} is not a JSON object`);
    yield row as Row;
  }
}

const DELIMITERS = [",", ";", "\t", "|"] as const;
/** A header is no longer than this many characters. */
const HEADER_MAX = 1_000_000;

async function* csvRows(text: AsyncIterable<string>, used: ReadonlySet<string>): AsyncGenerator<Row> {
  const chunks = text[Symbol.asyncIterator]();
  let head = "";
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    head += next.value;
    if (head.trimStart().includes("\n") || head.length > HEADER_MAX) break;
  }
  // A spreadsheet may say on a line of its own what separates.
  const said = /^sep=(.)\r?\n/i.exec(head);
  const body = said ? head.slice(said[0].length) : head;
  const delimiter = said?.[1] ?? delimiterOf(body);
  const rest = Readable.from(
    (async function* () {
      yield body;
      for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
    })(),
  );
  let header: string[] = [];
  const columns = (names: string[]) => {
    header = names.map((name) => name.trim());
    const twice = header.find((name, i) => used.has(name) && header.indexOf(name) !== i);
    if (twice !== undefined) throw new Error(`the header has two columns called "${twice}"`);
    return header;
  };
  const parser = parse({
    columns,
    delimiter,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    relax_quotes: true,
  });
  rest.on("error", (cause) => parser.destroy(cause));
  for await (const row of rest.pipe(parser) as AsyncIterable<Row>) {
    if (header.every((name) => typeof row[name] === "string" && row[name].trim() === name)) continue;
    yield row;
  }
}

/** The delimiter that a CSV header has most of, outside of quotes; a comma where it has none. */
function delimiterOf(text: string): string {
  const line = text
    .trimStart()
    .split("\n", 1)[0]!
    .replace(/"[^"]*"/g, "");
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length - 1);
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!;
}
