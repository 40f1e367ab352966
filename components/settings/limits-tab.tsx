"use client";

import { useQuery } from "@tanstack/react-query";
import { OctagonPause } from "lucide-react";
import { useState } from "react";
import type { FleetSettings } from "@/lib/contracts/overview";
import { Button } from "@/components/ui/button";
import { LoadError, Skeleton } from "@/components/ui/feedback";
import { Field, Input } from "@/components/ui/field";
import { Panel } from "@/components/ui/panel";
import { DraftFooter } from "./draft-footer";
import { GlobalStopDialog } from "./global-stop-dialog";
import { usePreview } from "./preview";
import { settingsQuery } from "./queries";
import { useSaveSettings } from "./save";

/** How far Sentinel may go by itself, and the switch that stops it altogether. */
export function LimitsTab({ administers }: { administers: boolean }) {
  const { data, error, refetch } = useQuery(settingsQuery);
  if (error && !data) return <LoadError what="settings" error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-64 max-w-3xl rounded-[0.625rem]" />;
  return (
    <div className="max-w-3xl space-y-4">
      <GlobalStop on={data.global_stop} administers={administers} />
      <Limits settings={data} administers={administers} />
    </div>
  );
}

function GlobalStop({ on, administers }: { on: boolean; administers: boolean }) {
  const [asking, setAsking] = useState(false);
  return (
    <Panel title="Global stop">
      <div className="flex flex-wrap items-center gap-4">
        <p className="min-w-0 flex-1 basis-64 text-sm text-ink-2">
          {on
            ? "On. Sentinel monitors and records, but contains and heals nothing automatically. Existing quarantines remain."
            : "Off. When on, Sentinel only monitors: no automatic quarantine, no healing. Operators can still act manually."}
        </p>
        {administers ? (
          <Button look={on ? "primary" : "danger"} onClick={() => setAsking(true)}>
            <OctagonPause aria-hidden /> {on ? "Resume automatic actions" : "Stop automatic actions"}
          </Button>
        ) : null}
      </div>
      <GlobalStopDialog on={on} open={asking} onOpenChange={setAsking} />
    </Panel>
  );
}

type Draft = Record<"fleet" | "type" | "hour" | "least" | "agents" | "share", string>;

const draftOf = ({ limits, fleet_check }: FleetSettings): Draft => ({
  fleet: String(Math.round(limits.fleet_share * 1_000) / 10),
  type: String(Math.round(limits.type_share * 1_000) / 10),
  hour: String(limits.per_hour),
  least: String(limits.at_least),
  agents: String(fleet_check.min_agents),
  share: String(Math.round(fleet_check.min_share * 1_000) / 10),
});

function Limits({ settings, administers }: { settings: FleetSettings; administers: boolean }) {
  const [edited, setEdited] = useState<Draft | null>(null);
  const save = useSaveSettings(() => setEdited(null));
  const draft = edited ?? draftOf(settings);
  const preview = usePreview();
  const patch = {
    limits: {
      fleet_share: Number(draft.fleet) / 100,
      type_share: Number(draft.type) / 100,
      per_hour: Number(draft.hour),
      at_least: Number(draft.least),
    },
    fleet_check: { min_agents: Number(draft.agents), min_share: Number(draft.share) / 100 },
  };
  const field = (key: keyof Draft, label: string, hint: string, bounds: { min: number; max: number; step: number }) => (
    <Field id={`limit-${key}`} label={label} hint={hint}>
      <Input
        id={`limit-${key}`}
        type="number"
        required
        {...bounds}
        value={draft[key]}
        disabled={!administers}
        onChange={(event) => setEdited({ ...draft, [key]: event.target.value })}
      />
    </Field>
  );
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(patch);
      }}
    >
      <Panel
        title="Automatic quarantine"
        hint="agents beyond a limit are marked “Needs attention” and quarantined as soon as the limit allows"
      >
        <div className="grid gap-4 sm:grid-cols-2">
          {field("fleet", "Share of the fleet, %", "Quarantined at the same time. 0 disables automatic quarantine.", {
            min: 0,
            max: 100,
            step: 0.1,
          })}
          {field("type", "Share of a type, %", "Quarantined at the same time.", { min: 0, max: 100, step: 0.1 })}
          {field("least", "Always allowed", "Quarantined at the same time, however small the fleet or the type.", {
            min: 1,
            max: 10_000,
            step: 1,
          })}
          {field("hour", "Quarantines per hour", "Limit per ingest key. All keys together may use twice this number.", {
            min: 0,
            max: 100_000,
            step: 1,
          })}
        </div>
      </Panel>
      <Panel title="Shared causes" hint="agents that deviate together for the same external reason are not quarantined">
        <div className="grid gap-4 sm:grid-cols-3">
          {field(
            "agents",
            "Minimum agents affected",
            "Agents that use the same model, provider or tool and deviate together.",
            {
              min: 2,
              max: 10_000,
              step: 1,
            },
          )}
          {field(
            "share",
            "Minimum share affected, %",
            "At or above this share of the agents that use it, Sentinel opens one incident with an external cause.",
            {
              min: 0,
              max: 100,
              step: 0.1,
            },
          )}
        </div>
      </Panel>
      <DraftFooter
        administers={administers}
        preview={preview}
        change={edited ? { settings: patch } : null}
        saving={save.isPending}
        onDiscard={() => setEdited(null)}
      />
    </form>
  );
}
