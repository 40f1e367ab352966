import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { EVENT_LIMITS } from "@/lib/contracts/event";
import { SentinelError } from "@/lib/errors";
import { parseJson } from "./json";
import { wholeBody } from "./whole";

/** Bytes of a body, both as sent and after inflation. A thousand full events fit; nothing larger is worth the memory. */
export const MAX_BODY_BYTES: number = EVENT_LIMITS.bodyBytes;

const inflate = promisify(gunzip);

/**
 * The bytes of a request's body, inflated, which say that they are JSON, or else one of `media`; undefined when there are none. Reads no further
 * than the limit, whatever the headers promise, so that a huge body or one that inflates without end costs no more than a
 * full-sized one. Throws `unsupported_media`, `too_large`, `malformed`.
 */
export async function readBytes(
  request: Request,
  limit = MAX_BODY_BYTES,
  media: readonly string[] = JSON_ONLY,
): Promise<Buffer | undefined> {
  const known = wholeBody(request);
  if (known ? known.length === 0 : !request.body) return undefined;
  const coding = (request.headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  assertMedia(request.headers.get("content-type"), media);
  if (coding !== "identity" && coding !== "gzip") {
    throw new SentinelError("unsupported_media", {
      detail: `Content-Encoding ${JSON.stringify(coding.slice(0, 40))} is not supported; gzip and identity are.`,
      headers: { "accept-encoding": "gzip, identity" },
    });
  }
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge(limit);
  if (known && known.length > limit) throw tooLarge(limit);
  const sent = known ?? (await readUpTo(request.body!, limit));
  if (sent.length === 0) return undefined;
  return coding === "gzip" ? inflateUpTo(sent, limit) : sent;
}

/** The JSON value of a request's body; undefined when there is none. Throws as `readBytes` and `parseJson`. */
export async function readJson(request: Request, limit = MAX_BODY_BYTES): Promise<unknown> {
  const bytes = await readBytes(request, limit);
  return bytes && parseJson(bytes);
}

const JSON_ONLY = ["application/json"];

/** What a body says that it is, without its parameters. */
export const mediaTypeOf = (contentType: string | null): string =>
  (contentType ?? "").toLowerCase().split(";")[0]!.trim();

function assertMedia(contentType: string | null, media: readonly string[]): void {
  const parameters = (contentType ?? "")
    .toLowerCase()
    .split(";")
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith("charset="))?.replace(/^charset="?|"$/g, "");
  if (media.includes(mediaTypeOf(contentType)) && (!charset || charset === "utf-8" || charset === "utf8")) return;
  throw new SentinelError("unsupported_media", {
    detail: `Content-Type must be ${media.join(" or ")}${media.includes("application/json") ? " in UTF-8" : ""}.`,
    headers: { accept: media.join(", ") },
  });
}

async function readUpTo(body: ReadableStream<Uint8Array>, limit: number): Promise<Buffer> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new SentinelError("malformed", { detail: "The request body ended early.", cause });
    });
    if (done) return Buffer.concat(chunks, size);
    size += value.length;
    if (size > limit) {
      void discard(reader);
      throw tooLarge(limit);
    }
    chunks.push(value);
  }
}

/**
 * Reads on and keeps nothing. A connection that is closed while its sender still sends takes the answer with it (RFC 9112,
 * 9.6), and many clients read only once they have sent everything. How long that may take, Node's `requestTimeout` limits.
 */
async function discard(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    while (!(await reader.read()).done);
  } catch {
    // The sender went away.
  }
}

async function inflateUpTo(bytes: Buffer, limit: number): Promise<Buffer> {
  try {
    return await inflate(bytes, { maxOutputLength: limit });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(limit);
    throw new SentinelError("malformed", { detail: "Content-Encoding is gzip, but the body is not.", cause });
  }
}

/** Answered at once, while the rest is still on its way: what was not read by then, Node reads and throws away. */
const tooLarge = (limit: number) =>
  new SentinelError("too_large", { detail: `The body may have at most ${limit} bytes after decompression.` });
