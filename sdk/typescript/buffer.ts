/** A batch as it will travel, frozen with its idempotency key, so that a retry is the same request and never doubles. */
export interface Batch {
  key: string;
  body: string;
  events: number;
}

/** Well under the server's 1,000 events and 1 MB a request. */
const MAX_BATCH_EVENTS = 500;
const MAX_BATCH_BYTES = 800_000;

interface Item {
  json: string;
  /** Acknowledgements and heartbeats: the last to be dropped. */
  control: boolean;
}

/**
 * Events waiting to be sent, at most `limit`. When full, the oldest telemetry goes first and is counted; acknowledgements
 * go only when nothing else is left.
 */
export function createBuffer(limit: number, newKey: () => string) {
  const items: Item[] = [];
  let dropped = 0;
  return {
    get size() {
      return items.length;
    },
    get dropped() {
      return dropped;
    },
    drop(count: number) {
      dropped += count;
    },
    push(json: string, control: boolean) {
      if (Buffer.byteLength(json) > MAX_BATCH_BYTES) {
        dropped++;
        return;
      }
      if (items.length >= limit) {
        const oldest = items.findIndex((item) => !item.control);
        items.splice(Math.max(oldest, 0), 1);
        dropped++;
      }
      items.push({ json, control });
    },
    full: () => items.length >= MAX_BATCH_EVENTS,
    /** The oldest events that fit one request, removed; null when there are none. */
    take(): Batch | null {
      let bytes = 0;
      let events = 0;
      for (const { json } of items) {
        bytes += Buffer.byteLength(json) + 1;
        if (events === MAX_BATCH_EVENTS || (events > 0 && bytes > MAX_BATCH_BYTES)) break;
        events++;
      }
      if (events === 0) return null;
      const batch = items.splice(0, events).map((item) => item.json);
      return { key: newKey(), body: `{"events":[${batch.join(",")}]}`, events };
    },
  };
}
