import { type ActHours, WEEKDAYS } from "@/lib/core/base/act-hours";
import { AGENT_ACTIONS, type AgentAction } from "@/lib/core/base/vocabulary";
import { ACTION, name } from "@/components/status/words";
import { Checkbox } from "@/components/ui/check";
import { Field, Input } from "@/components/ui/field";

export interface ActLimitsDraft {
  act_hours: ActHours | null;
  act_actions: AgentAction[] | null;
}

/** What most start from when they limit the hours. */
const OFFICE_HOURS = { days: ["mon", "tue", "wed", "thu", "fri"], from: "09:00", until: "18:00" } as const;

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
  const setHours = (part: Partial<ActHours>) => hours && change({ act_hours: { ...hours, ...part } });
  return (
    <fieldset className="grid gap-3">
      <legend className="mb-1.5 text-sm font-medium">Limits of mode act; outside of them it asks</legend>
      <Tick
        label="Only at certain hours"
        checked={hours !== null}
        disabled={disabled}
        onChange={(on) =>
          change({ act_hours: on ? { ...OFFICE_HOURS, days: [...OFFICE_HOURS.days], time_zone: zone } : null })
        }
      />
      {hours === null ? null : (
        <div className="grid gap-3 pl-6">
          <div className="flex flex-wrap gap-x-4 gap-y-2" role="group" aria-label="Days">
            {WEEKDAYS.map((day) => (
              <Tick
                key={day}
                label={DAY[day]}
                checked={hours.days.includes(day)}
                disabled={disabled}
                onChange={(on) =>
                  setHours({ days: WEEKDAYS.filter((each) => (each === day ? on : hours.days.includes(each))) })
                }
              />
            ))}
          </div>
          <Wrong text={errorOf("act_hours.days")} />
          <div className="grid gap-3 sm:grid-cols-3">
            {(["from", "until"] as const).map((end) => (
              <Field
                key={end}
                id={id(end)}
                label={end === "from" ? "From" : "Until"}
                error={errorOf(`act_hours.${end}`)}
              >
                <Input
                  id={id(end)}
                  type="time"
                  required
                  value={hours[end]}
                  disabled={disabled}
                  onChange={(event) => setHours({ [end]: event.target.value })}
                />
              </Field>
            ))}
            <Field id={id("zone")} label="Time zone" error={errorOf("act_hours.time_zone")}>
              <Input
                id={id("zone")}
                required
                maxLength={64}
                autoComplete="off"
                value={hours.time_zone}
                disabled={disabled}
                onChange={(event) => setHours({ time_zone: event.target.value })}
              />
            </Field>
          </div>
        </div>
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

const DAY = { mon: "Mon", tue: "Tue", wed: "Wed", thu: "Thu", fri: "Fri", sat: "Sat", sun: "Sun" } as const;

const Tick = (props: { label: string; checked: boolean; disabled: boolean; onChange: (on: boolean) => void }) => (
  <label className="flex items-center gap-2 text-sm">
    <Checkbox {...props} />
    {props.label}
  </label>
);

const Wrong = ({ text }: { text: string | undefined }) =>
  text === undefined ? null : (
    <p role="alert" className="text-xs text-hold">
      {text}
    </p>
  );
