import { type ActHours, WEEKDAYS, type Weekday } from "@/lib/core/base/act-hours";
import { Checkbox } from "@/components/ui/check";
import { InputField } from "@/components/ui/field";

export const OFFICE_DAYS: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri"];
const DAY = { mon: "Mon", tue: "Tue", wed: "Wed", thu: "Thu", fri: "Fri", sat: "Sat", sun: "Sun" } as const;

/** Days, times and time zone of hours of the week. */
export function HoursFields({
  id,
  hours,
  onChange,
  disabled = false,
  errorOf,
}: {
  id: (field: string) => string;
  hours: ActHours;
  onChange: (hours: ActHours) => void;
  disabled?: boolean;
  errorOf: (field: keyof ActHours) => string | undefined;
}) {
  const set = (part: Partial<ActHours>) => onChange({ ...hours, ...part });
  return (
    <div className="grid gap-3 pl-6">
      <div className="flex flex-wrap gap-x-4 gap-y-2" role="group" aria-label="Days">
        {WEEKDAYS.map((day) => (
          <Tick
            key={day}
            label={DAY[day]}
            checked={hours.days.includes(day)}
            disabled={disabled}
            onChange={(on) => set({ days: WEEKDAYS.filter((each) => (each === day ? on : hours.days.includes(each))) })}
          />
        ))}
      </div>
      <Wrong text={errorOf("days")} />
      <div className="grid gap-3 sm:grid-cols-3">
        {(["from", "until"] as const).map((end) => (
          <InputField
            key={end}
            id={id(end)}
            label={end === "from" ? "From" : "Until"}
            error={errorOf(end)}
            type="time"
            required
            value={hours[end]}
            disabled={disabled}
            onChange={(event) => set({ [end]: event.target.value })}
          />
        ))}
        <InputField
          id={id("zone")}
          label="Time zone"
          error={errorOf("time_zone")}
          required
          maxLength={64}
          autoComplete="off"
          value={hours.time_zone}
          disabled={disabled}
          onChange={(event) => set({ time_zone: event.target.value })}
        />
      </div>
    </div>
  );
}

export const Tick = (props: {
  label: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (on: boolean) => void;
}) => (
  <label className="flex items-center gap-2 text-sm">
    <Checkbox {...props} />
    {props.label}
  </label>
);

export const Wrong = ({ text }: { text: string | undefined }) =>
  text === undefined ? null : (
    <p role="alert" className="text-xs text-hold">
      {text}
    </p>
  );
