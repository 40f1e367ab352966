import { createHash } from "node:crypto";
import { bucketOf, minuteOf } from "@/lib/core/services/span-signals";
import { amount, said } from "./read-call";
import type { Span } from "./shape";
import type { Counted, Served } from "./told";

/** From this HTTP status on it is the server that failed, whatever the span's own status says. */
const SERVER_ERROR = 500;

/** Adds up the requests that server spans show, by service and minute: spans themselves are not kept. */
export class ServedRequests {
  readonly #rows = new Map<string, Served>();
  readonly #hash = createHash("sha256");

  /** `counted`: where the span is counted as taken. */
  add(service: string, span: Span, counted: Counted): void {
    this.#hash.update(span.trace + span.id);
    const at = minuteOf(span.end);
    const key = [service, counted.scope, at].join("\n");
    let row = this.#rows.get(key);
    if (row === undefined) this.#rows.set(key, (row = { service, at, requests: 0, errors: 0, buckets: {}, counted }));
    row.requests++;
    const status = amount(said("status", span.attributes));
    if (span.failed || (status !== null && status >= SERVER_ERROR)) row.errors++;
    const bucket = bucketOf(span.start > 0 ? span.end - span.start : 0);
    row.buckets[bucket] = (row.buckets[bucket] ?? 0) + 1;
  }

  /** Null: there were none. */
  sums(): { requests: Served[]; digest: string } | null {
    if (this.#rows.size === 0) return null;
    return { requests: [...this.#rows.values()], digest: this.#hash.digest("base64url") };
  }
}
