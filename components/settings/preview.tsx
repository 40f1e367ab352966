"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { CircleAlert, History } from "lucide-react";
import { type MouseEvent, useEffect, useRef, useState } from "react";
import type { z } from "zod";
import type { SettingsPreviewBody } from "@/lib/contracts/settings-preview";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/feedback";
import { Meter } from "@/components/ui/meter";
import { Segmented } from "@/components/ui/segmented";
import { PreviewResult } from "./preview-result";
import { previewStandingQuery } from "./queries";

/** What a form would save. */
export type Change = Omit<z.input<typeof SettingsPreviewBody>, "days">;

const DAYS = [
  { value: "1", label: "1 day" },
  { value: "7", label: "7 days" },
  { value: "14", label: "14 days" },
] as const;
type Days = (typeof DAYS)[number]["value"];

/** The server ends a replay that takes longer; then it says so. */
const TIMEOUT_MS = 330_000;

export type Preview = ReturnType<typeof usePreview>;

/** A replay of what a form would save over the last days. */
export function usePreview() {
  const [days, setDays] = useState<Days>("7");
  const running = useRef<AbortController | null>(null);
  const replay = useMutation({
    mutationFn: async (change: Change) => {
      running.current = new AbortController();
      const body = { ...change, days: Number(days) };
      const { signal } = running.current;
      const answer = await call("POST", PATHS.SETTINGS_PREVIEW, { body, signal, timeoutMs: TIMEOUT_MS });
      return { answer, of: JSON.stringify(body) };
    },
  });
  // Whoever leaves the screen waits for nothing.
  useEffect(() => () => running.current?.abort(), []);
  const cancel = () => {
    running.current?.abort();
    replay.reset();
  };
  return { days, setDays, replay, cancel };
}

/** Asks for a preview of what is edited; the days beside it. */
export function PreviewButton({ preview, change }: { preview: Preview; change: () => Change }) {
  const { days, setDays, replay } = preview;
  const ask = ({ currentTarget }: MouseEvent<HTMLElement>) => {
    if (currentTarget.closest("form")?.reportValidity() !== false) replay.mutate(change());
  };
  return (
    <div className="mr-auto flex flex-wrap items-center gap-2">
      <Button onClick={ask} busy={replay.isPending}>
        <History aria-hidden /> Preview
      </Button>
      <Segmented label="Days to preview" value={days} options={DAYS} onChange={setDays} disabled={replay.isPending} />
    </div>
  );
}

/** How far the replay is, and what it says. `change` null: nothing is edited any more. */
export function PreviewOutcome({ preview, change }: { preview: Preview; change: Change | null }) {
  const { days, replay, cancel } = preview;
  if (replay.isIdle || change === null) return null;
  return (
    <section aria-label="Preview" aria-live="polite" className="rounded-lg border p-3 sm:p-4">
      {replay.isPending ? <Progress days={Number(days)} onCancel={cancel} /> : null}
      {replay.error ? (
        <Callout
          tone="hold"
          icon={CircleAlert}
          title="Preview failed"
          actions={
            <Button size="sm" onClick={() => replay.reset()}>
              Dismiss
            </Button>
          }
        >
          {replay.error.message}
        </Callout>
      ) : null}
      {replay.data ? (
        <PreviewResult
          answer={replay.data.answer}
          stale={JSON.stringify({ ...change, days: Number(days) }) !== replay.data.of}
          onClose={() => replay.reset()}
        />
      ) : null}
    </section>
  );
}

function Progress({ days, onCancel }: { days: number; onCancel: () => void }) {
  const { data } = useQuery(previewStandingQuery);
  const done = data?.running?.done ?? 0;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="min-w-0 flex-1 basis-64 space-y-1.5">
        <p className="text-sm">
          Replaying the last {days === 1 ? "day" : `${days} days`} under the current settings and under the edited ones
        </p>
        <Meter label="Replayed" value={done} />
      </div>
      <Button size="sm" onClick={onCancel}>
        Cancel
      </Button>
    </div>
  );
}
