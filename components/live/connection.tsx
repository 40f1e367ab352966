"use client";

import { CloudOff, Radio, Unplug } from "lucide-react";
import type { ReactNode } from "react";
import { TINT, type Tone } from "@/components/ui/badge";
import { cn } from "@/components/ui/cn";
import { age as ageText } from "@/components/ui/format";
import { useFreshness } from "./live";

/** The header's word on the line: live, connecting or lost, and how old the newest word from the server is. */
export function ConnectionState() {
  const { connection, age, stale } = useFreshness();
  const tone: Tone = connection === "live" && !stale ? "ok" : connection === "connecting" && !stale ? "mute" : "warn";
  const word = stale
    ? "Stale"
    : connection === "live"
      ? "Live"
      : connection === "connecting"
        ? "Connecting"
        : "Reconnecting";
  const Icon = tone === "ok" ? Radio : tone === "mute" ? Unplug : CloudOff;
  return (
    <span
      data-connection={connection}
      className={cn("inline-flex h-7 items-center gap-1.5 rounded-md px-2 text-xs font-medium", TINT[tone])}
      title="Time since the last update from the server"
    >
      <Icon className="size-3.5" aria-hidden />
      <span role="status">{word}</span>
      <span className="num min-w-8 text-right opacity-90" aria-hidden>
        {ageText(age)}
      </span>
    </span>
  );
}

/** Data that may be out of date looks it: greyed, under a line that says since when. */
export function StaleGuard({ children }: { children: ReactNode }) {
  const { age, stale } = useFreshness();
  return (
    <>
      {stale ? (
        <p
          role="alert"
          className="flex items-center gap-2 border-b bg-warn-tint px-4 py-2 text-sm font-medium text-warn lg:px-6"
        >
          <CloudOff className="size-4 shrink-0" aria-hidden />
          The last update from Sentinel was {ageText(age)} ago. The data below may be out of date.
        </p>
      ) : null}
      <div
        data-stale={stale || undefined}
        className="transition-[filter,opacity] data-stale:opacity-80 data-stale:grayscale"
      >
        {children}
      </div>
    </>
  );
}
