import type { StreamMessage } from "@/lib/contracts/overview";
import { readStream } from "./stream";

const NAME = "sentinel-stream";

export type Connection = "connecting" | "live" | "broken";

/** What the tab that holds the stream tells the others. */
type Packet =
  | { kind: "message"; message: StreamMessage }
  | { kind: "connection"; connection: Connection }
  | { kind: "alive" }
  | { kind: "signed-out" }
  | { kind: "hello" };

export interface Follower {
  onMessage: (message: StreamMessage) => void;
  onConnection: (connection: Connection) => void;
  onAlive: () => void;
  /** The stream began anew: what happened in between is unknown, so everything has to be read again. */
  onGap: () => void;
  onSignedOut: () => void;
}

/**
 * One stream for all tabs of a browser. The tab that gets the Web Lock reads it and tells the others over a
 * BroadcastChannel; when that tab closes or crashes the browser hands the lock on, and the next tab resumes from the last
 * message that it was told of. Where there are no Web Locks (plain http on another host) each tab reads for itself.
 * `after` is the newest message that the page was made with; null when that is not known. Returns a function that stops following.
 */
export function followStream(follower: Follower, after: number | null): () => void {
  const stop = new AbortController();
  const channel = new BroadcastChannel(NAME);
  let last = after;
  let connection: Connection = "connecting";
  let leading = false;

  const take = (packet: Packet) => {
    switch (packet.kind) {
      case "message":
        last = packet.message.seq;
        return follower.onMessage(packet.message);
      case "connection":
        if (packet.connection === connection) return;
        // Messages that were told between this page's making and its first ear on the channel.
        if (connection === "connecting" && packet.connection === "live" && !leading) follower.onGap();
        connection = packet.connection;
        return follower.onConnection(connection);
      case "alive":
        return follower.onAlive();
      case "signed-out":
        return follower.onSignedOut();
      case "hello":
        if (leading) channel.postMessage({ kind: "connection", connection } satisfies Packet);
    }
  };
  const tell = (packet: Packet) => {
    take(packet);
    channel.postMessage(packet);
  };

  const lead = async () => {
    leading = true;
    await readStream({
      signal: stop.signal,
      after: () => last,
      onOpen: () => {
        if (last === null) follower.onGap();
        tell({ kind: "connection", connection: "live" });
      },
      onMessage: (message) => tell({ kind: "message", message }),
      onAlive: () => tell({ kind: "alive" }),
      onBroken: () => tell({ kind: "connection", connection: "broken" }),
      onSignedOut: () => tell({ kind: "signed-out" }),
    });
  };

  channel.onmessage = (event: MessageEvent<Packet>) => take(event.data);
  channel.postMessage({ kind: "hello" } satisfies Packet);
  const shared = "locks" in navigator ? navigator.locks.request(NAME, { signal: stop.signal }, lead) : lead();
  // Rejects only because the wait for the lock was given up.
  shared.catch(() => undefined);

  return () => {
    stop.abort();
    channel.close();
  };
}
