"use client";

import { createContext, type ReactNode, useContext, useSyncExternalStore } from "react";

const TICK_MS = 1_000;
const listeners = new Set<() => void>();
let now = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  now = Date.now();
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const ServerNow = createContext(0);

/** Carries the server's time into hydration, so that both sides first draw the same words. */
export const NowProvider = ({ now: at, children }: { now: number; children: ReactNode }) => (
  <ServerNow value={at}>{children}</ServerNow>
);

/** The time, to the second, in epoch ms. */
export function useNow(): number {
  const server = useContext(ServerNow);
  return useSyncExternalStore(
    subscribe,
    () => now || server,
    () => server,
  );
}

const never = () => () => {};

/** False while the page is hydrating: what depends on the reader's time zone waits for it. */
export const useHydrated = (): boolean =>
  useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
