import type { ActHours } from "@/lib/core/base/act-hours";
import { AGENT_ACTIONS, type AgentAction } from "@/lib/core/base/vocabulary";
import { ACTION, name } from "@/components/status/words";
import { HoursFields, OFFICE_DAYS, Tick, Wrong } from "./hours";

export interface ActLimitsDraft {
  act_hours: ActHours | null;
  act_actions: AgentAction[] | null;
}

/** What most start from when they limit the hours. */
const OFFICE_HOURS = { from: "09:00", until: "18:00" };

/** When, and which actions, mode act takes without approval. */
export function ActLimits({
  id,
  draft,
  change,
  disabled,
  errorOf,
}: {
  id: (field: string) => string;
  draft: ActLimitsDraft;
  change: (part: Partial<ActLimitsDraft>) => void;
  disabled: boolean;
  errorOf: (field: string) => string | undefined;
}) {
  const { act_hours: hours, act_actions: actions } = draft;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <fieldset className="grid gap-3">
      <legend className="mb-1.5 text-sm font-medium">Limits of act mode; outside them, approval is required</legend>
      <Tick
        label="Only at certain hours"
        checked={hours !== null}
        disabled={disabled}
        onChange={(on) =>
          change({ act_hours: on ? { ...OFFICE_HOURS, days: [...OFFICE_DAYS], time_zone: zone } : null })
        }
      />
      {hours === null ? null : (
        <HoursFields
          id={id}
          hours={hours}
          onChange={(next) => change({ act_hours: next })}
          disabled={disabled}
          errorOf={(field) => errorOf(`act_hours.${field}`)}
        />
      )}
      <Tick
        label="Only certain healing actions"
        checked={actions !== null}
        disabled={disabled}
        onChange={(on) => change({ act_actions: on ? [...AGENT_ACTIONS] : null })}
      />
      {actions === null ? null : (
        <div className="flex flex-wrap gap-x-4 gap-y-2 pl-6" role="group" aria-label="Healing actions">
          {AGENT_ACTIONS.map((action) => (
            <Tick
              key={action}
              label={name(ACTION, action)}
              checked={actions.includes(action)}
              disabled={disabled}
              onChange={(on) =>
                change({ act_actions: AGENT_ACTIONS.filter((each) => (each === action ? on : actions.includes(each))) })
              }
            />
          ))}
        </div>
      )}
      <Wrong text={errorOf("act_actions")} />
    </fieldset>
  );
}
