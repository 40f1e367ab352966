import type { FileHandle } from "node:fs/promises";
import { encodingOf, gunzipped, packedAs, SNIFFED_BYTES, utf8 } from "./text-bytes";

/** Bytes read at once. */
const CHUNK_BYTES = 256 * 1024;
/** A longer line is cut here; what follows up to its end is passed over. */
export const LINE_BYTES = 64 * 1024;
export const NEWLINE = 0x0a;

/** Where a file's lines come from: from any offset of a plain file, or only from the beginning of one that is packed or in UTF-16. */
export interface Source {
  size: number;
  /** Lines, and where each ends: bytes of text in UTF-8, counted from the offset on. */
  linesFrom: (offset: number) => AsyncGenerator<{ line: string; end: number }>;
  /** Null where bytes cannot be skipped. */
  handle: FileHandle | null;
}

/** Looks at a file's first bytes. Throws for one that is packed otherwise than with gzip. */
export async function sourceOf(handle: FileHandle, size: number): Promise<Source> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(SNIFFED_BYTES), 0, SNIFFED_BYTES, 0);
  const head = buffer.subarray(0, bytesRead);
  const packed = packedAs(head);
  if (packed !== null && packed !== "gzip") throw new Error(`compressed with ${packed}; only gzip is supported`);
  if (packed === null && encodingOf(head) === "utf-8")
    return {
      size,
      handle,
      linesFrom: (offset) => lines(offset === 0 ? utf8(chunks(handle, 0)) : chunks(handle, offset), offset),
    };
  const bytes = () => (packed ? gunzipped(chunks(handle, 0)) : chunks(handle, 0));
  return { size, handle: null, linesFrom: () => lines(utf8(bytes()), 0) };
}

async function* chunks(handle: FileHandle, offset: number): AsyncGenerator<Buffer> {
  for (;;) {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, offset);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    offset += bytesRead;
  }
}

/** Lines of text in UTF-8, and where each ends, counted from `offset`; long ones cut. */
async function* lines(blocks: AsyncIterable<Buffer>, offset: number): AsyncGenerator<{ line: string; end: number }> {
  let begun = Buffer.alloc(0);
  for await (const block of blocks) {
    let start = 0;
    for (let end = block.indexOf(NEWLINE); end >= 0; end = block.indexOf(NEWLINE, start)) {
      yield { line: text(Buffer.concat([begun, block.subarray(start, end)])), end: offset + end };
      begun = Buffer.alloc(0);
      start = end + 1;
    }
    if (begun.length < LINE_BYTES) begun = Buffer.concat([begun, block.subarray(start)]);
    offset += block.length;
    // A line without an end is still bytes read.
    if (start === 0) yield { line: "", end: offset };
  }
  if (begun.length > 0) yield { line: text(begun), end: offset };
}

export const text = (bytes: Buffer): string =>
  bytes.toString("utf8", 0, Math.min(bytes.length, LINE_BYTES)).replace(/\r$/, "");
