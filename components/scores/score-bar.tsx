import { cn } from "@/components/ui/cn";
import { gradeOf, mark } from "./words";

const FILL = { good: "bg-ok-solid", fair: "bg-warn-solid", poor: "bg-hold-solid" } as const;

/** A score of 0 to 5 as a bar of five parts, and its number. */
export function ScoreBar({ label, score }: { label: string; score: number | undefined }) {
  return (
    <span className="flex items-center gap-2">
      <span
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={5}
        aria-valuenow={score ?? 0}
        aria-valuetext={score === undefined ? "not asked" : `${mark(score)} of 5`}
        className="grid h-2 flex-1 grid-cols-5 gap-0.5"
      >
        {[0, 1, 2, 3, 4].map((part) => (
          <span key={part} className="overflow-hidden rounded-[2px] bg-sunken">
            {score === undefined ? null : (
              <span
                className={cn("block h-full", FILL[gradeOf(score)])}
                style={{ width: `${100 * Math.min(1, Math.max(0, score - part))}%` }}
              />
            )}
          </span>
        ))}
      </span>
      <span className="num w-8 text-right text-sm font-semibold">{mark(score)}</span>
    </span>
  );
}
