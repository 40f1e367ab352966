import type { IngestKey } from "@/lib/auth/keys";
import { type LoopConfig, loopConfig } from "@/lib/config/agents";
import type { Db } from "@/lib/db/client";
import { listHeldOtlpSessions } from "@/lib/db/queries/otlp";
import { grouped } from "@/lib/core/base/grouped";
import { agentPrices } from "./agent-prices";
import { HOLD_MS } from "./book";
import { bookOf, store, untilStored } from "./take";

/** Sessions a call: some ms. What is left waits for the next one. */
const LIMIT = 500;

/**
 * Counts what counters said once they have waited long enough, as far as nobody told it call by call meanwhile. Idempotent; several
 * processes may call it at once. Returns how many sessions there were.
 */
export async function releaseCounters(db: Db, now: number, config: LoopConfig = loopConfig()): Promise<number> {
  return untilStored(async () => {
    const held = await listHeldOtlpSessions(db, now - HOLD_MS, LIMIT);
    for (const [, rows] of grouped(held, ({ key }) => key.id)) {
      const key: IngestKey = rows[0]!.key;
      const book = bookOf(
        rows.map(({ session }) => session),
        key,
        agentPrices(),
        now,
      );
      const events = rows.flatMap(({ session }) => book.release(session.name));
      await store(db, { book, events, taking: { key, reject: () => undefined } }, now, config);
    }
    return held.length;
  });
}
