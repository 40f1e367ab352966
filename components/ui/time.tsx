"use client";

import { format } from "date-fns";
import { age, duration } from "./format";
import { useHydrated, useNow } from "./now";

const iso = (at: number) => new Date(at).toISOString();

/** How long ago, ticking: `12 s ago`. */
export function Ago({ at, suffix = " ago", className }: { at: number; suffix?: string; className?: string }) {
  const now = useNow();
  const passed = age(now - at);
  return (
    <time dateTime={iso(at)} title={iso(at)} className={className}>
      {passed === "now" ? "just now" : `${passed}${suffix}`}
    </time>
  );
}

/** How long still, ticking: `in 23 h`; the past is said as such. */
export function Until({ at, className }: { at: number; className?: string }) {
  const left = at - useNow();
  return (
    <time dateTime={iso(at)} title={iso(at)} className={className}>
      {left <= 0 ? "passed" : `in ${duration(Math.ceil(left / 1_000) * 1_000)}`}
    </time>
  );
}

/** A point in time in the reader's zone; today without the date. */
export function Clock({ at, className }: { at: number; className?: string }) {
  const now = useNow();
  const hydrated = useHydrated();
  const today = hydrated && format(now, "yyyy-MM-dd") === format(at, "yyyy-MM-dd");
  return (
    <time dateTime={iso(at)} title={iso(at)} className={className}>
      {hydrated ? format(at, today ? "HH:mm:ss" : "d MMM HH:mm") : iso(at).slice(11, 19)}
    </time>
  );
}
