"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { FleetSettings } from "@/lib/contracts/overview";
import { overviewQuery } from "@/components/overview/queries";
import { Switch } from "@/components/ui/check";
import { LoadError, Skeleton } from "@/components/ui/feedback";
import { Field, Input } from "@/components/ui/field";
import { compact, integer } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { DraftFooter } from "./draft-footer";
import { usePreview } from "./preview";
import { settingsQuery } from "./queries";
import { useSaveSettings } from "./save";

/** The false-alarm setting, in what it means for this fleet, and from which severity a person is asked. */
export function DetectionTab({ administers }: { administers: boolean }) {
  const { data, error, refetch } = useQuery(settingsQuery);
  if (error && !data) return <LoadError what="settings" error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-64 max-w-3xl rounded-[0.625rem]" />;
  return <Form settings={data} administers={administers} />;
}

const ARL = { min: 1_000, max: 1_000_000_000 };
const STEPS_PER_DECADE = 10;
const toSlider = (arl: number) => Math.round(Math.log10(arl) * STEPS_PER_DECADE);
/** Two significant digits: 1,000,000 and not 1,000,123. */
const fromSlider = (position: number) => Number((10 ** (position / STEPS_PER_DECADE)).toPrecision(2));

function Form({ settings, administers }: { settings: FleetSettings; administers: boolean }) {
  const { data: overview } = useQuery(overviewQuery);
  const [edited, setEdited] = useState<Pick<
    FleetSettings,
    "arl" | "threshold" | "prompt_change_may_quarantine"
  > | null>(null);
  const draft = edited ?? settings;
  const save = useSaveSettings(() => setEdited(null));
  const preview = usePreview();
  const change = (part: Partial<NonNullable<typeof edited>>) =>
    setEdited({
      arl: draft.arl,
      threshold: draft.threshold,
      prompt_change_may_quarantine: draft.prompt_change_may_quarantine,
      ...part,
    });
  const current = overview?.false_alarms;
  const perMonth = current?.per_month === null || !current ? null : (current.per_month * current.arl) / draft.arl;
  return (
    <form
      className="max-w-3xl space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (edited) save.mutate(edited);
      }}
    >
      <Panel title="False alarms">
        <div className="space-y-4">
          <Field
            id="arl"
            label="Samples between false quarantines (per agent, average)"
            hint="Higher means fewer false quarantines, and slower detection of small shifts. Large shifts are detected immediately either way."
          >
            <div className="flex items-center gap-4">
              <input
                id="arl"
                type="range"
                min={toSlider(ARL.min)}
                max={toSlider(ARL.max)}
                value={toSlider(draft.arl)}
                disabled={!administers}
                aria-valuetext={`${integer(draft.arl)} samples`}
                onChange={(event) => change({ arl: fromSlider(Number(event.target.value)) })}
                className="h-8 min-w-0 flex-1 accent-(--accent)"
              />
              <output htmlFor="arl" className="num w-32 text-right font-medium">
                {integer(draft.arl)}
              </output>
            </div>
          </Field>
          <p className="num rounded-md bg-sunken px-3 py-2.5 text-sm">
            {perMonth === null ? (
              "The estimate for this fleet is available once it has reported for a while."
            ) : (
              <>
                At this fleet’s volume:{perMonth < 0.01 ? "" : " about"}{" "}
                <strong className="font-semibold">
                  {perMonth < 0.01 ? "less than 0.01" : perMonth < 10 ? perMonth.toPrecision(2) : compact(perMonth)}
                </strong>{" "}
                false {perMonth >= 0.995 && perMonth < 1.005 ? "quarantine" : "quarantines"} a month.
              </>
            )}
          </p>
          <div className="flex items-start gap-3">
            <Switch
              id="prompt-change"
              label="Quarantine agents on an undeclared prompt, model or tools change"
              checked={draft.prompt_change_may_quarantine}
              disabled={!administers}
              onChange={(on) => change({ prompt_change_may_quarantine: on })}
            />
            <label htmlFor="prompt-change" className="text-sm">
              Quarantine agents on an undeclared prompt, model or tools change
              <span className="block text-xs text-ink-3">
                Off: the change is only flagged and watched (severity 5 at most). Declared changes never raise an alarm.
              </span>
            </label>
          </div>
        </div>
      </Panel>
      <Panel title="Approval">
        <div className="max-w-80">
          <Field
            id="threshold"
            label="Require approval at or above severity"
            hint="0: every action needs approval. Above 10: severity never requires approval; risk, an unknown cause or low confidence still can. A type can override this."
          >
            <Input
              id="threshold"
              type="number"
              min={0}
              max={10.1}
              step={0.1}
              required
              value={draft.threshold}
              disabled={!administers}
              onChange={(event) => change({ threshold: Number(event.target.value) })}
            />
          </Field>
        </div>
      </Panel>
      <DraftFooter
        administers={administers}
        preview={preview}
        change={edited ? { settings: edited } : null}
        saving={save.isPending}
        onDiscard={() => setEdited(null)}
      />
    </form>
  );
}
