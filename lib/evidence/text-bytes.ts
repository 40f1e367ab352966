import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

/** How a file's bytes become text. */
export type TextEncoding = "utf-8" | "utf-16le" | "utf-16be";

/** Bytes at a file's beginning that are enough for {@link encodingOf} and {@link packedAs}. */
export const SNIFFED_BYTES = 1_024;
/** Of UTF-16 in most languages every other byte is 0; of text in UTF-8 none is. */
const ZEROS = 0.4;

/** The encoding of a text, from its byte order mark or, without one, from where its zeros stand (PowerShell, Windows). */
export function encodingOf(head: Buffer): TextEncoding {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  const zeros = [0, 0];
  const length = Math.min(head.length, SNIFFED_BYTES);
  for (let i = 0; i < length; i++) if (head[i] === 0) zeros[i % 2]!++;
  const [even, odd] = zeros.map((count) => count / (length / 2));
  // Zeros on both sides are a file that was set up in advance, not text.
  if (odd! >= ZEROS && even! < ZEROS / 4) return "utf-16le";
  if (even! >= ZEROS && odd! < ZEROS / 4) return "utf-16be";
  return "utf-8";
}

const PACKED: readonly (readonly [format: string, magic: readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["zip", [0x50, 0x4b, 0x03, 0x04]],
];

/** What packed a file, from its first bytes; null for one that is not packed. */
export const packedAs = (head: Buffer): string | null =>
  PACKED.find(([, magic]) => magic.every((byte, i) => head[i] === byte))?.[0] ?? null;

/** The bytes of a gzip stream, unpacked. Throws what reading or unpacking throws, also for a file that ends too early. */
export async function* gunzipped(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  // What fails here ends the reading below with the same error.
  const fed = pipeline(packed, gunzip).catch(() => undefined);
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } finally {
    gunzip.destroy();
    await fed;
  }
}

/** The same text in UTF-8, without its byte order mark; bytes that are no text become U+FFFD. */
export async function* utf8(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let decoder: TextDecoder | null = null;
  let begun = false;
  for await (const chunk of bytes) {
    if (!begun) {
      begun = true;
      const encoding = encodingOf(chunk);
      if (encoding !== "utf-8") decoder = new TextDecoder(encoding);
      else if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) {
        yield chunk.subarray(3);
        continue;
      }
    }
    yield decoder ? Buffer.from(decoder.decode(chunk, { stream: true })) : chunk;
  }
}
