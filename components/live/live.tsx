"use client";

import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import type { StreamMessage } from "@/lib/contracts/overview";
import { useNow } from "@/components/ui/now";
import { PASSING } from "@/lib/core/base/events";
import { FEED_LENGTH } from "./feed-length";
import { refresher } from "./refresh";
import { type Connection, type Follower, followStream } from "./share";
import { staleAfter } from "./stale";

/** Silence that the heartbeats should have broken: from here on what is shown is marked as stale. */
const STALE_MS = 25_000;

interface LastContact {
  at: () => number;
  subscribe: (listener: () => void) => () => void;
}
interface Live {
  connection: Connection;
  feed: readonly StreamMessage[];
  lastContact: LastContact;
}

const LiveContext = createContext<Live | null>(null);

function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error("useLive is used outside of LiveProvider");
  return live;
}

/** Follows the stream for everything below it, and reads again what a message makes out of date. */
export function LiveProvider({
  now,
  recent,
  children,
}: {
  now: number;
  /** The newest messages when the page was made, newest first. */
  recent: readonly StreamMessage[];
  children: ReactNode;
}) {
  const after = useRef(recent[0]?.seq ?? null);
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>("connecting");
  const [feed, setFeed] = useState<readonly StreamMessage[]>(recent);
  const [lastContact] = useState(() => createLastContact(now));

  useEffect(() => {
    const refresh = refresher(client, () => !document.hidden);
    const onVisible = () => refresh.add([]);
    document.addEventListener("visibilitychange", onVisible);
    const answers = client.getQueryCache().subscribe((event) => {
      if (event.type === "updated" && event.action.type === "success" && !event.action.manual) lastContact.note();
    });
    const follower: Follower = {
      onMessage: (message) => {
        after.current = message.seq;
        lastContact.note();
        if (!PASSING.some((type) => type === message.type))
          setFeed((old) =>
            old.some(({ seq }) => seq === message.seq) ? old : [message, ...old].slice(0, FEED_LENGTH),
          );
        refresh.add(staleAfter(message.type, message));
      },
      onConnection: setConnection,
      onAlive: lastContact.note,
      onGap: () => void client.invalidateQueries(),
      onSignedOut: () => location.assign("/sign-in"),
    };
    const unfollow = followStream(follower, after.current);
    return () => {
      document.removeEventListener("visibilitychange", onVisible);
      unfollow();
      answers();
      refresh.stop();
    };
  }, [client, lastContact]);

  const live = useMemo(() => ({ connection, feed, lastContact }), [connection, feed, lastContact]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

/** When the server last said anything at all: an answer, a message or a heartbeat. */
function createLastContact(start: number): LastContact & { note: () => void } {
  const listeners = new Set<() => void>();
  let at = start;
  return {
    at: () => at,
    note: () => {
      at = Date.now();
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const useFeed = (): readonly StreamMessage[] => useLive().feed;

/** The state of the line, how old the newest word from the server is (ms), and whether that is too old to be trusted. */
export function useFreshness(): { connection: Connection; age: number; stale: boolean } {
  const { connection, lastContact } = useLive();
  const at = useSyncExternalStore(lastContact.subscribe, lastContact.at, lastContact.at);
  const age = Math.max(0, useNow() - at);
  return { connection, age, stale: age > STALE_MS };
}
