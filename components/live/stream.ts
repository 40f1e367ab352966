import { createParser } from "eventsource-parser";
import type { StreamMessage } from "@/lib/contracts/overview";
import { PATHS } from "@/lib/contracts/paths";

/** The server says something at least every 15 s; after this much silence the line is taken for dead. */
const SILENCE_MS = 40_000;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 15_000;

export interface ReadOptions {
  signal: AbortSignal;
  /** Sequence of the newest message seen so far; null starts at what is new. */
  after: () => number | null;
  onOpen: () => void;
  onMessage: (message: StreamMessage) => void;
  /** Any sign of life, heartbeats included. */
  onAlive: () => void;
  onBroken: () => void;
  onSignedOut: () => void;
}

/**
 * Reads the event stream until `signal` aborts, and comes back by itself after each break, from where it was. It is fetch
 * and not EventSource because a tab that takes the stream over has to say from where (Last-Event-ID), has to see the 401
 * of an ended session, and wants the heartbeats, which EventSource hides.
 */
export async function readStream(options: ReadOptions): Promise<void> {
  let retry = FIRST_RETRY_MS;
  while (!options.signal.aborted) {
    const opened = await readOnce(options).catch(() => false);
    if (options.signal.aborted) return;
    options.onBroken();
    retry = opened ? FIRST_RETRY_MS : Math.min(retry * 2, MAX_RETRY_MS);
    await pause(retry * (0.75 + Math.random() / 2), options.signal);
  }
}

/** True once the server had opened the stream, however it ended. */
async function readOnce(options: ReadOptions): Promise<boolean> {
  const line = new AbortController();
  const after = options.after();
  let watchdog = setTimeout(() => line.abort(), SILENCE_MS);
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => line.abort(), SILENCE_MS);
    options.onAlive();
  };
  let opened = false;
  try {
    const response = await fetch(PATHS.EVENT_STREAM, {
      headers: { accept: "text/event-stream", ...(after === null ? {} : { "last-event-id": String(after) }) },
      signal: AbortSignal.any([options.signal, line.signal]),
      cache: "no-store",
    });
    if (response.status === 401) options.onSignedOut();
    if (!response.ok || !response.body) return false;
    opened = true;
    options.onOpen();
    const parser = createParser({ onEvent: ({ data }) => options.onMessage(JSON.parse(data) as StreamMessage) });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return true;
      alive();
      parser.feed(value);
    }
  } catch {
    return opened;
  } finally {
    clearTimeout(watchdog);
    line.abort();
  }
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
