import { cn } from "./cn";

/** A share of one, as a bar and a number. Where a table's head already says what it is, the label is for those who do not see that. */
export function Meter({
  value,
  label,
  labelHidden = false,
  className,
}: {
  value: number;
  label: string;
  labelHidden?: boolean;
  className?: string;
}) {
  const share = Math.min(1, Math.max(0, value));
  const text = `${Math.round(share * 100)} %`;
  return (
    <div className={cn("flex items-center gap-2 text-xs", className)}>
      {labelHidden ? null : <span className="text-ink-3">{label}</span>}
      <span
        role="meter"
        aria-label={label}
        aria-valuenow={Math.round(share * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuetext={text}
        className="h-1.5 min-w-12 flex-1 overflow-hidden rounded-full bg-sunken"
      >
        <span className="block h-full rounded-full bg-accent" style={{ width: `${share * 100}%` }} />
      </span>
      <span className="num font-medium">{text}</span>
    </div>
  );
}
