import { format } from "date-fns";
import type { ReactNode } from "react";

/** How charts over time look, as properties for recharts' own parts. */

const tick = (fontSize: number) => ({ fontSize, fill: "var(--ink-3)" });

/** Time runs along `from` to `to` (epoch ms), its ticks in date-fns' `pattern`. */
export const timeAxis = (from: number, to: number, pattern: string, fontSize: number) => ({
  dataKey: "at",
  type: "number" as const,
  domain: [from, to] as [number, number],
  allowDataOverflow: true,
  tickFormatter: (at: number) => format(at, pattern),
  tick: tick(fontSize),
  tickLine: false,
  axisLine: { stroke: "var(--line-strong)" },
  minTickGap: 4 * fontSize,
});

export const valueAxis = (top: number, fontSize: number) => ({
  domain: [0, top] as [number, number],
  allowDataOverflow: true,
  tick: tick(fontSize),
  tickLine: false,
  axisLine: false,
});

/** What was measured: a gap is a gap. */
export const measured = (dot: number | null) => ({
  dataKey: "value",
  stroke: "var(--ink-2)",
  strokeWidth: 1.25,
  dot: dot === null ? false : { r: dot, fill: "var(--ink-2)", strokeWidth: 0 },
  activeDot: { r: 3, fill: "var(--ink)", strokeWidth: 0 },
  isAnimationActive: false,
  connectNulls: false,
});

/** A line where something was changed; near the right edge its word is written to the left, so that it is not cut. */
export const changeMark = (at: number, word: string | null, [from, to]: [number, number]) => ({
  x: at,
  stroke: "var(--proof-solid)",
  strokeDasharray: "2 3",
  ...(word !== null && {
    label: { value: word, position: `insideTop${sideOf(at, [from, to])}` as const, fontSize: 10, fill: "var(--proof)" },
  }),
});

/** Where a word beside a mark has room. */
export const sideOf = (at: number, [from, to]: [number, number]) => (at > from + (to - from) * 0.78 ? "Right" : "Left");

export const hover = { cursor: { stroke: "var(--line-strong)" }, isAnimationActive: false };

/** One line of a chart's key. */
export const Key = ({ swatch, children }: { swatch: ReactNode; children: ReactNode }) => (
  <li className="flex items-center gap-1.5">
    <span className="flex w-4 justify-center" aria-hidden>
      {swatch}
    </span>
    {children}
  </li>
);
