import { metrics } from "@/lib/metrics";
import { endingWith } from "@/lib/shutdown";

/** Proxies and browsers give up on a silent stream; most wait at least 30 s. */
const HEARTBEAT_MS = 15_000;
/** How long a browser waits before it comes back, in ms. */
const RETRY_MS = 1_000;

export interface Message {
  /** Where to resume from: the browser sends it back as Last-Event-ID. */
  id: string | number;
  event?: string;
  data: unknown;
}

export interface SseOptions {
  /** Asked at every heartbeat; false (a session that ended) closes the stream. */
  alive?: () => Promise<boolean>;
  heartbeatMs?: number;
}

/**
 * Server-sent events (WHATWG HTML, 9.2). `open` is given a signal and makes the iterable. The stream ends with the iterable,
 * when the reader goes (`reader`), when `alive` says no, and at shutdown; each aborts the signal. The iterable is asked for
 * the next message only when the last one has been taken.
 */
export function sse(
  open: (ended: AbortSignal) => AsyncIterable<Message>,
  reader: AbortSignal,
  options: SseOptions = {},
): Response {
  const { signal: ended, end, release } = endingWith(reader);
  const iterator = open(ended)[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  let heartbeat: NodeJS.Timeout | undefined;

  const stop = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    clearInterval(heartbeat);
    release();
    metrics().streams.dec();
    try {
      controller.close();
    } catch {
      // The reader has gone already.
    }
    void iterator.return?.().catch(() => undefined);
  };

  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      metrics().streams.inc();
      controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`));
      if (ended.aborted) return stop(controller);
      ended.addEventListener("abort", () => stop(controller), { once: true });
      heartbeat = setInterval(() => {
        void (options.alive?.() ?? Promise.resolve(true))
          .catch(() => false)
          .then((alive) => {
            if (!alive) end();
            else if (!ended.aborted) controller.enqueue(encoder.encode(": still here\n\n"));
          });
      }, options.heartbeatMs ?? HEARTBEAT_MS);
      heartbeat.unref();
    },
    async pull(controller) {
      try {
        const { done, value } = await iterator.next();
        if (ended.aborted) return;
        if (done) end();
        else controller.enqueue(encoder.encode(frame(value)));
      } catch (error) {
        // After an abort the iterable may well throw; before it, the reader must see that the stream broke.
        if (ended.aborted) return;
        controller.error(error);
        end();
      }
    },
    cancel: end,
  });

  return new Response(stream, {
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    },
  });
}

/** One message as text. JSON never holds a raw line break, and ids and names are kept from bringing one. */
function frame({ id, event, data }: Message): string {
  const line = (text: string | number) => String(text).replace(/[\r\n\0]/g, "");
  return `id: ${line(id)}\n${event ? `event: ${line(event)}\n` : ""}data: ${JSON.stringify(data)}\n\n`;
}
