import { type IngestKey, verifyKey } from "@/lib/auth/keys";
import { bearer } from "@/lib/auth/token";
import { type Db, getDb } from "@/lib/db/client";
import { SentinelError } from "@/lib/errors";
import { readWhenSlotFree } from "@/lib/event-loop";
import { readBytes } from "./body";
import { charge } from "./charge";
import { parseJson } from "./json";
import { ownOrigin } from "./origin";

/** Bytes of one request: Anthropic takes 32 MB, images included. */
const REQUEST_BYTES = 32_000_000;
/** Larger ones are read a few at a time. */
const LARGE_BYTES = 1_000_000;

/** A request to a model, from an agent that is known. */
export interface ModelRequest {
  db: Db;
  /** Epoch ms at which it arrived. */
  now: number;
  key: IngestKey & { agentId: string };
  headers: Headers;
  /** What was sent, inflated, and the JSON that it holds. */
  bytes: Buffer;
  body: unknown;
  /** Where the console is. */
  base: string;
  /** When the client is gone. */
  signal: AbortSignal;
}

/**
 * Reads a request to a model. Its key is a bearer token, or stands in `keyHeader`. Throws `unauthenticated`, `forbidden` where the key
 * is not for the gateway and one agent, `rate_limited`, and as `readBytes` and `parseJson`. Access is checked before the body is read.
 */
export async function readModelRequest(request: Request, keyHeader: string | null): Promise<ModelRequest> {
  const now = Date.now();
  const { headers, signal } = request;
  const db = await getDb();
  const token = (keyHeader === null ? null : headers.get(keyHeader)) ?? bearer(headers);
  const key = token === null ? null : await verifyKey(db, token, now);
  if (!key) throw new SentinelError("unauthenticated", { detail: "A valid ingest key of Sentinel is required" });
  const { agentId } = key;
  if (!key.scopes.includes("gateway") || agentId === null)
    throw new SentinelError("forbidden", { detail: "This key cannot be used for the gateway: it needs the scope gateway and must be bound to one agent" }); // prettier-ignore
  const read = () => readBytes(request, REQUEST_BYTES);
  const isLarge = Number(headers.get("content-length") ?? Infinity) >= LARGE_BYTES;
  const bytes = (await (isLarge ? readWhenSlotFree(read) : read())) ?? Buffer.alloc(0);
  await charge({ key, sender: null, user: null }, "bytes", bytes.length);
  return {
    db,
    now,
    key: { ...key, agentId },
    headers,
    bytes,
    body: parseJson(bytes),
    base: ownOrigin(headers),
    signal,
  };
}
