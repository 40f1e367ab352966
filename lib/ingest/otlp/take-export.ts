import type { IngestKey } from "@/lib/auth/keys";
import { type IdentityTemplate, parseIdentity } from "@/lib/core/agents/identity-template";
import type { Db } from "@/lib/db/client";
import { flushHooks } from "../hooks/ask";
import { agentPrices } from "./agent-prices";
import { answerOf, decode } from "./decode";
import type { Signal } from "./shape";
import { takeOtlp } from "./take";

export interface ExportInput {
  body: { json: unknown } | { bytes: Uint8Array };
  key: IngestKey;
  /** Charges the key for so many records. Throws `rate_limited`. */
  charge: (records: number) => Promise<void>;
}

/** Takes an export request of one signal, and gives the answer in its encoding. Throws `invalid` and `malformed`. */
export async function takeExport(
  db: Db,
  signal: Signal,
  { body, key, charge }: ExportInput,
  now: number,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; type: string }> {
  const reading = await decode(signal, body, { identity: identityBy(key), content: key.content === true });
  await charge(reading.records);
  // What hooks told of the same calls comes first: it knows which were not let through, and what was the same call.
  await flushHooks(db);
  const taken = await takeOtlp(db, reading, { key, prices: agentPrices() }, now);
  return answerOf(signal, taken, "json" in body);
}

/** What a key says of the ids of its agents. One that was stored and cannot be read any more says nothing. */
function identityBy({ identity }: IngestKey): IdentityTemplate | null {
  const template = identity == null ? null : parseIdentity(identity);
  return typeof template === "string" ? null : template;
}
