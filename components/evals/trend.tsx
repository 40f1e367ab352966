"use client";

import { format } from "date-fns";
import { CartesianGrid, Line, LineChart, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { EvalRunView } from "@/lib/contracts/eval-runs";
import { hover, Key } from "@/components/ui/chart";
import { Panel } from "@/components/ui/panel";
import { figure } from "./run-words";

/** Below it the gate is red. */
const GATE_MEAN = 3.5;
const FONT = 11;

interface Point {
  at: number;
  commit: string;
  mean: number | null;
  /** Share that passed, drawn on the scale of scores. */
  passed: number | null;
}

/** Mean and pass rate of whole runs over the same set, from the oldest to the newest. One run alone is no trend. */
export function Trend({ runs, set }: { runs: readonly EvalRunView[]; set: EvalRunView["set"] }) {
  const points = runs
    .flatMap(({ started_at: at, whole, state, set: of, summary, commit }): Point[] =>
      at !== null && whole && state === "done" && of === set && summary !== null
        ? [{ at, commit, mean: summary.mean, passed: summary.pass_rate === null ? null : 5 * summary.pass_rate }]
        : [],
    )
    .toSorted((a, b) => a.at - b.at);
  if (points.length < 2) return null;
  const told = `${points.length} runs, from a mean of ${figure(points[0]!.mean)} to ${figure(points.at(-1)!.mean)}`;
  return (
    <Panel title="Trend" hint={`complete runs of ${set === "all" ? "both sets" : `the ${set ?? "same"} set`}, by commit`}>
      <figure aria-label={told}>
        <ResponsiveContainer width="100%" height={200}>
          <LineChart data={points.map((point, index) => ({ ...point, index }))} margin={{ top: 8, right: 12, left: -22 }}>
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis
              dataKey="index"
              tickFormatter={(index: number) => points[index]?.commit ?? ""}
              tick={{ fontSize: FONT, fill: "var(--ink-3)" }}
              tickLine={false}
              axisLine={{ stroke: "var(--line-strong)" }}
              minTickGap={24}
              padding={{ left: 16, right: 16 }}
            />
            <YAxis
              domain={[0, 5]}
              ticks={[0, 1, 2, 3, 4, 5]}
              tick={{ fontSize: FONT, fill: "var(--ink-3)" }}
              tickLine={false}
              axisLine={false}
            />
            <ReferenceLine y={GATE_MEAN} stroke="var(--hold-solid)" strokeDasharray="4 3" />
            <Tooltip {...hover} content={({ active, payload }) => (active ? <Hovered point={payload?.[0]?.payload as Point | undefined} /> : null)} />
            <Line dataKey="mean" stroke="var(--accent)" strokeWidth={2} dot={{ r: 3, fill: "var(--accent)", strokeWidth: 0 }} isAnimationActive={false} />
            <Line dataKey="passed" stroke="var(--ink-3)" strokeWidth={1.25} dot={{ r: 2, fill: "var(--ink-3)", strokeWidth: 0 }} isAnimationActive={false} />
          </LineChart>
        </ResponsiveContainer>
      </figure>
      <ul className="mt-2 flex flex-wrap gap-x-4 gap-y-1 text-xs text-ink-2">
        <Key swatch={<span className="h-0.5 w-4 bg-accent" />}>mean score</Key>
        <Key swatch={<span className="h-px w-4 bg-ink-3" />}>pass rate (5 = 100 %)</Key>
        <Key swatch={<span className="w-4 border-t border-dashed border-hold-solid" />}>gate: {GATE_MEAN}</Key>
      </ul>
    </Panel>
  );
} // prettier-ignore

const Hovered = ({ point }: { point: Point | undefined }) =>
  point === undefined ? null : (
    <div className="rounded-md border bg-surface px-2.5 py-1.5 text-xs shadow-float">
      <p className="font-mono">{point.commit}</p>
      <p className="text-ink-3">{format(point.at, "d MMM yyyy HH:mm")}</p>
      <p className="num mt-1">
        mean {figure(point.mean)} · passed {point.passed === null ? "–" : `${Math.round(20 * point.passed)} %`}
      </p>
    </div>
  );
