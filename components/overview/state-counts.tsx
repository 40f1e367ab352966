import type { LucideIcon } from "lucide-react";
import Link from "next/link";
import { INK, SOLID, type Tone } from "@/components/ui/badge";
import { cn } from "@/components/ui/cn";
import { integer } from "@/components/ui/format";

/** So many are in a state, and where they are listed. */
export interface StateCount {
  state: string;
  count: number;
  href: string;
  looks: { icon: LucideIcon; label: string; tone: Tone };
}

/** One bar in proportion, and a line a state that leads to those in it. */
export function StateCounts({ counts }: { counts: readonly StateCount[] }) {
  return (
    <>
      <div className="flex h-2 gap-0.5 overflow-hidden rounded-full" aria-hidden>
        {counts.map(({ state, count, looks }) =>
          count > 0 ? <div key={state} className={SOLID[looks.tone]} style={{ flexGrow: count, minWidth: 4 }} /> : null,
        )}
      </div>
      <ul className="mt-3 grid grid-cols-2 gap-x-6 sm:grid-cols-1">
        {counts.map(({ state, count, href, looks: { icon: Icon, label, tone } }) => (
          <li key={state}>
            <Link
              href={href}
              className={cn(
                "-mx-1.5 flex h-7 items-center gap-2 rounded-md px-1.5 text-sm hover:bg-hover",
                count === 0 && "text-ink-3",
              )}
            >
              <Icon className={cn("size-4", count === 0 ? "text-ink-3" : INK[tone])} aria-hidden />
              {label}
              <span className="num ml-auto font-medium">{integer(count)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}
