import { CircleCheck, CircleX } from "lucide-react";
import Link from "next/link";
import type { EvalCaseLine } from "@/lib/contracts/eval-runs";
import { cn } from "@/components/ui/cn";
import { DIMENSION, DIMENSION_NAMES, mark } from "@/components/scores/words";
import { classWords } from "./run-words";

/** From what failed to what is perfect; each has its number in it, so that colour says nothing alone. */
const HEAT = [
  "bg-hold-tint text-hold font-semibold",
  "bg-hold-tint text-hold font-semibold",
  "bg-hold-tint text-hold",
  "bg-warn-tint text-warn",
  "bg-ok-tint/60 text-ok",
  "bg-ok-tint text-ok",
];
const heatOf = (score: number | null | undefined) =>
  score == null ? "text-ink-3" : HEAT[Math.min(5, Math.max(0, Math.floor(score)))];

/** What failed first, and of these the worst. */
const order = (a: EvalCaseLine, b: EvalCaseLine) =>
  Number(a.passed) - Number(b.passed) || (a.mean ?? 0) - (b.mean ?? 0) || (a.id < b.id ? -1 : 1);

/** Cases by dimensions. */
export function HeatTable({ run, cases }: { run: string; cases: readonly EvalCaseLine[] }) {
  return (
    <div className="relative overflow-x-auto" tabIndex={0} role="region" aria-label="Cases by dimension">
      <table className="w-full border-separate border-spacing-0 text-sm">
        <thead>
          <tr className="text-left text-xs text-ink-3 *:border-b *:px-2 *:py-2 *:font-medium *:whitespace-nowrap">
            <th className="pl-4!">Case</th>
            <th className="max-md:hidden">Class</th>
            {DIMENSION_NAMES.map((name) => (
              <th key={name} title={DIMENSION[name].means} className="w-16 text-center">
                {DIMENSION[name].short}
              </th>
            ))}
            <th className="w-16 pr-4! text-center">Mean</th>
          </tr>
        </thead>
        <tbody>
          {cases.toSorted(order).map((one) => (
            <tr key={one.id} className="*:border-b *:px-2 *:py-1.5 hover:bg-hover/50">
              <th scope="row" className="max-w-64 min-w-36 sm:min-w-48 pl-4! text-left font-normal">
                <span className="flex items-start gap-1.5">
                  {one.passed ? (
                    <CircleCheck className="mt-0.5 size-3.5 shrink-0 text-ok" aria-label="passed" />
                  ) : (
                    <CircleX className="mt-0.5 size-3.5 shrink-0 text-hold" aria-label="failed" />
                  )}
                  <span className="min-w-0">
                    {one.played ? (
                      <Link
                        href={`/evals/${encodeURIComponent(run)}/${encodeURIComponent(one.id)}`}
                        className="font-medium wrap-anywhere hover:underline"
                      >
                        {one.id}
                      </Link>
                    ) : (
                      <span className="font-medium wrap-anywhere">{one.id}</span>
                    )}
                    {one.title === null ? null : (
                      <span className="line-clamp-1 text-xs text-ink-3" title={one.title}>
                        {one.title}
                      </span>
                    )}
                  </span>
                </span>
              </th>
              <td className="text-xs whitespace-nowrap text-ink-2 max-md:hidden">{classWords(one.class)}</td>
              {DIMENSION_NAMES.map((name) => (
                <td key={name} className="px-0.5! py-0.5! text-center">
                  <span className={cn("num flex h-8 items-center justify-center rounded-sm", heatOf(one.scores[name]))}>
                    {mark(one.scores[name])}
                  </span>
                </td>
              ))}
              <td className="num pr-4! text-center font-semibold">{one.mean === null ? "–" : one.mean.toFixed(2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
