"use client";

import { useSyncExternalStore } from "react";

/** The token of a one-time link stands behind `#`: no server, log or Referer ever sees it. */
const read = (): string | null => new URLSearchParams(location.hash.slice(1)).get("token");

const subscribe = (listener: () => void) => {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
};

/** The link's token; null when there is none, undefined while the page is hydrating. */
export const useLinkToken = (): string | null | undefined =>
  useSyncExternalStore<string | null | undefined>(subscribe, read, () => undefined);
