"use client";

import { useQuery } from "@tanstack/react-query";
import { Tags } from "lucide-react";
import { useState } from "react";
import type { AgentTypeSettings } from "@/lib/contracts/agent-types";
import { limitsText } from "@/lib/core/base/act-hours";
import { HOLD_LEVELS } from "@/lib/core/base/hold-levels";
import { MODES, type Risk, RISKS } from "@/lib/core/base/vocabulary";
import { ApiError } from "@/components/api";
import { offerText, precisionText } from "@/components/scores/would-have-words";
import { LookAlikeBadge } from "@/components/status/look-alike";
import { HOLD_LEVEL, HOLD_LEVEL_MEANS, MODE, MODE_MEANS, RISK } from "@/components/status/words";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/check";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { Field, InputField } from "@/components/ui/field";
import { integer } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { Select } from "@/components/ui/select";
import { Segmented } from "@/components/ui/segmented";
import { ActLimits, type ActLimitsDraft } from "./act-limits";
import { agentTypesQuery, settingsQuery } from "./queries";
import { PreviewButton, PreviewOutcome, usePreview } from "./preview";
import { useSaveType } from "./save";

/** How each type of agent is treated. */
export function TypesTab({ administers }: { administers: boolean }) {
  const { data, error, refetch } = useQuery(agentTypesQuery);
  if (error && !data) return <LoadError what="agent types" error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-64 rounded-[0.625rem]" />;
  if (data.types.length === 0)
    return (
      <Empty icon={Tags} title="No agent types yet">
        A type appears with its first agent, in observe mode: everything is recorded, nothing is executed.
      </Empty>
    );
  return (
    <div className="grid items-start gap-4 xl:grid-cols-2">
      {data.types.map((type) => (
        <TypePanel key={type.type} settings={type} administers={administers} />
      ))}
    </div>
  );
}

interface Draft extends ActLimitsDraft {
  mode: AgentTypeSettings["mode"];
  threshold: string;
  allows: readonly Risk[];
  floor: string;
  level: AgentTypeSettings["level"];
}

const draftOf = (settings: AgentTypeSettings): Draft => ({
  mode: settings.mode,
  threshold: settings.threshold === null ? "" : String(settings.threshold),
  allows: settings.allows,
  floor: String(settings.floor),
  act_hours: settings.act_hours,
  act_actions: settings.act_actions,
  level: settings.level,
});

/** Risks that can be allowed below the threshold; what destroys always asks. */
const ALLOWABLE = RISKS.filter((risk) => risk !== "destructive");

function TypePanel({ settings, administers }: { settings: AgentTypeSettings; administers: boolean }) {
  const [edited, setEdited] = useState<Draft | null>(null);
  const { data: fleet } = useQuery(settingsQuery);
  const save = useSaveType(settings.type);
  const draft = edited ?? draftOf(settings);
  const change = (part: Partial<Draft>) => setEdited({ ...draft, ...part });
  const id = (field: string) => `type-${settings.type}-${field}`;
  const preview = usePreview();
  const patch = {
    mode: draft.mode,
    threshold: draft.threshold.trim() === "" ? null : Number(draft.threshold),
    allows: [...draft.allows],
    floor: Number(draft.floor),
    act_hours: draft.act_hours,
    act_actions: draft.act_actions,
    level: draft.level,
  };
  const limits = limitsText({ mode: draft.mode, actHours: draft.act_hours, actActions: draft.act_actions });
  const previewed = { types: { [settings.type]: patch } };
  const submit = () => save.mutate(patch, { onSuccess: () => setEdited(null) });
  return (
    <Panel
      title={<span className="wrap-anywhere">{settings.type}</span>}
      hint={`${integer(settings.agents)} ${settings.agents === 1 ? "agent" : "agents"}`}
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {settings.looks_like === null ? null : <LookAlikeBadge name={settings.type} other={settings.looks_like} />}
        <div className="grid gap-1.5">
          <span className="text-sm font-medium">Mode</span>
          <Segmented
            label={`Mode for ${settings.type}`}
            value={draft.mode}
            options={MODES.map((mode) => ({ value: mode, label: MODE[mode] }))}
            onChange={(mode) => change({ mode })}
            disabled={!administers}
            className="w-full max-w-80"
          />
          <p className="text-xs text-ink-3">{limits ?? MODE_MEANS[draft.mode]}</p>
        </div>
        <Shadow settings={settings} onAct={administers ? () => change({ mode: "act" }) : null} />
        <div className="grid gap-4 sm:grid-cols-2">
          <InputField
            id={id("threshold")}
            label="Require approval at or above severity"
            hint={fleet ? `Leave empty to use the fleet’s (${fleet.threshold}).` : "Leave empty to use the fleet’s."}
            type="number"
            min={0}
            max={10.1}
            step={0.1}
            inputMode="decimal"
            placeholder={fleet ? String(fleet.threshold) : ""}
            value={draft.threshold}
            disabled={!administers}
            onChange={(event) => change({ threshold: event.target.value })}
          />
          <InputField
            id={id("floor")}
            label="Minimum healthy agents"
            hint="If a quarantine would leave fewer healthy agents running than this, Sentinel leaves the decision to a person."
            type="number"
            min={0}
            max={100_000}
            step={1}
            required
            value={draft.floor}
            disabled={!administers}
            onChange={(event) => change({ floor: event.target.value })}
          />
        </div>
        <Field id={id("level")} label="Quarantine level" hint={HOLD_LEVEL_MEANS[draft.level]}>
          <Select
            id={id("level")}
            label={`Quarantine level for ${settings.type}`}
            value={draft.level}
            options={HOLD_LEVELS.map((level) => ({ value: level, label: HOLD_LEVEL[level] }))}
            onChange={(level) => change({ level })}
            disabled={!administers}
            className="w-full max-w-80"
          />
        </Field>
        <fieldset>
          <legend className="mb-1.5 text-sm font-medium">
            Actions allowed without approval below the severity threshold
          </legend>
          <div className="flex flex-wrap gap-x-5 gap-y-2">
            {ALLOWABLE.map((risk) => (
              <label key={risk} className="flex items-center gap-2 text-sm">
                <Checkbox
                  label={`${RISK[risk]} actions`}
                  checked={draft.allows.includes(risk)}
                  disabled={!administers}
                  onChange={(on) =>
                    change({ allows: on ? [...draft.allows, risk] : draft.allows.filter((each) => each !== risk) })
                  }
                />
                {RISK[risk]}
              </label>
            ))}
          </div>
        </fieldset>
        {draft.mode === "act" ? (
          <ActLimits
            id={id}
            draft={draft}
            change={change}
            disabled={!administers}
            errorOf={(field) => (save.error instanceof ApiError ? save.error.field(field) : undefined)}
          />
        ) : null}
        {edited && administers ? (
          <div className="flex flex-wrap justify-end gap-2 border-t pt-3">
            <PreviewButton preview={preview} change={() => previewed} />
            <Button onClick={() => setEdited(null)}>Discard</Button>
            <Button type="submit" look="primary" busy={save.isPending}>
              Save
            </Button>
          </div>
        ) : null}
        <PreviewOutcome preview={preview} change={edited ? previewed : null} />
      </form>
    </Panel>
  );
}

/** How right the quarantines were that this type would have had, and whether act is offered because of it. It is never switched on by itself. */
function Shadow({ settings, onAct }: { settings: AgentTypeSettings; onAct: (() => void) | null }) {
  const { mode, would_have: would } = settings;
  if (mode === "act" && would.precision === null) return null;
  return (
    <div className="grid gap-1 text-sm">
      <span className="font-medium">Would-have quarantines</span>
      <p className="num">{precisionText(would)}</p>
      {mode === "act" ? null : (
        <div className="flex flex-wrap items-center gap-2">
          <p className="text-xs text-ink-3">{offerText(would)}</p>
          {would.ready && onAct ? (
            <Button size="sm" onClick={onAct}>
              Choose act
            </Button>
          ) : null}
        </div>
      )}
    </div>
  );
}
