import { amount, limitText } from "@/lib/core/base/amounts";
import type { SignalView } from "@/lib/contracts/services";
import { SOLID } from "@/components/ui/badge";
import { cn } from "@/components/ui/cn";
import { VALUE } from "./badges";
import { SIGNAL } from "./states";

/** What is said of a signal to those who do not see its band. */
export function spoken({ title, unit, state, value, expected, upper, lower, detail, problem }: SignalView): string {
  const say = (of: number) => amount(of, unit);
  return [
    `${title}: ${value === null || state === "unknown" ? "no data" : say(value)}`,
    SIGNAL[state].label.toLowerCase(),
    expected ? `usual range now: ${say(expected.low)} to ${say(expected.high)}` : null,
    detail,
    limitText(upper, lower, unit),
    problem === null ? null : `could not read: ${problem}`,
  ]
    .filter(Boolean)
    .join(", ");
}

/** One signal as a small reading: its value, and where that lies in its band and under its limit. */
export function Reading({ signal }: { signal: SignalView }) {
  const { title, unit, state, value, problem } = signal;
  const { tone, icon: Icon, label } = SIGNAL[state];
  const known = value !== null && state !== "unknown";
  const off = state === "over_limit" || state === "out_of_band" || state === "unknown";
  return (
    <span className="block min-w-0 sm:w-23 2xl:w-28" title={spoken(signal)}>
      <span className="flex items-center gap-1 text-2xs text-ink-3">
        <span className="truncate">{title}</span>
        {off ? <Icon className={cn("size-3 shrink-0", VALUE[tone])} aria-hidden /> : null}
        {off ? <span className="sr-only">{label}</span> : null}
      </span>
      <span className={cn("num block truncate text-sm font-medium", known ? VALUE[tone] : "font-normal text-mute")}>
        {known ? amount(value, unit) : problem === null ? "no data" : "not read"}
      </span>
      <Band signal={signal} />
    </span>
  );
}

/** Room right of the highest mark, as a share of it. */
const HEADROOM = 1.15;

/** The band of normal as a stretch, the limit as a line, the value as a dot. Empty where neither is known. */
function Band({ signal: { value, state, expected, upper, lower, unit } }: { signal: SignalView }) {
  const marks = [value, expected?.high, upper, lower].filter((mark) => mark !== null && mark !== undefined);
  const top = Math.max(...marks) * HEADROOM;
  if (unit === "up" || marks.length === 0 || !(top > 0)) return <span className="mt-1 block h-1.5" aria-hidden />;
  // Below nothing there is nothing to show: signals are amounts.
  const at = (mark: number) => `${Math.min(100, Math.max(0, (mark / top) * 100))}%`;
  const limit = (mark: number) => (
    <span className="absolute inset-y-0 w-px bg-hold-solid" style={{ left: at(mark) }} key={mark} />
  );
  return (
    <span className="relative mt-1 block h-1.5 rounded-full bg-sunken" aria-hidden>
      {expected ? (
        <span
          className="absolute inset-y-0 rounded-full bg-accent/30"
          style={{ left: at(expected.low), right: `calc(100% - ${at(expected.high)})` }}
        />
      ) : null}
      {[upper, lower].filter((mark) => mark !== null).map(limit)}
      {value === null || state === "unknown" ? null : (
        <span
          className={cn("absolute top-1/2 size-1.5 -translate-1/2 rounded-full", SOLID[SIGNAL[state].tone])}
          style={{ left: at(value) }}
        />
      )}
    </span>
  );
}
