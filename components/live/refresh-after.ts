"use client";

import { useQueryClient } from "@tanstack/react-query";
import type { EventType } from "@/lib/core/base/events";
import { outdatedIn } from "@/components/drills/keys";
import { useDrill } from "@/components/drills/world";
import { staleAfter } from "./stale";

/** Reads again what an event makes out of date, without waiting for the stream: for `onSettled` of what causes the event. */
export function useRefreshAfter(type: EventType, about: Parameters<typeof staleAfter>[1] = {}): () => Promise<unknown> {
  const client = useQueryClient();
  const drill = useDrill();
  return () =>
    Promise.all(outdatedIn(drill, staleAfter(type, about)).map((queryKey) => client.invalidateQueries({ queryKey })));
}
