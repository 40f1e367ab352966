"use client";

import { format } from "date-fns";
import { useMemo } from "react";
import {
  CartesianGrid,
  Line,
  LineChart,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { amount, measure } from "@/lib/core/base/amounts";
import type { ServiceStory } from "@/lib/contracts/services";
import { CHANGE, name } from "@/components/status/words";
import { drawn, usual } from "./story";

const tick = { fontSize: 10, fill: "var(--ink-3)" };
const HEIGHT = 150;
/** Of a chart's width: a label that begins further to the right would be cut off. */
const LATE = 0.75;

/** One series around the onset: the stretch of time in which it began, what was usual before, and the changes of its service. */
export function MetricChart({ series, story }: { series: ServiceStory["series"][number]; story: ServiceStory }) {
  const onset = story.investigation?.onset ?? null;
  const at = onset?.at ?? story.incident.onset_at / 1_000;
  const from = onset?.from ?? at;
  const points = useMemo(() => drawn(series.points, at), [series.points, at]);
  const before = useMemo(() => usual(series.points, from), [series.points, from]);
  const first = points[0]?.at ?? at * 1_000;
  const last = points.at(-1)?.at ?? at * 1_000;
  const changes = story.changes.filter((change) => change.at >= first && change.at <= last);
  return (
    <div>
      <p className="mb-1 flex items-baseline gap-2 text-xs">
        <span className="min-w-0 truncate font-medium">{series.metric}</span>
        <span className="ml-auto shrink-0 text-ink-3">{series.node}</span>
      </p>
      <ResponsiveContainer width="100%" height={HEIGHT}>
        <LineChart
          data={points}
          margin={{ top: 4, right: 6, bottom: 0, left: 0 }}
          title={`${series.metric} of ${series.node} over time`}
        >
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="at"
            type="number"
            domain={[first, last]}
            tickFormatter={(value: number) => format(value, "HH:mm")}
            tick={tick}
            tickLine={false}
            axisLine={{ stroke: "var(--line-strong)" }}
            minTickGap={40}
          />
          <YAxis tickFormatter={measure} tick={tick} tickLine={false} axisLine={false} width={44} />
          {before ? (
            <ReferenceArea
              y1={before.low}
              y2={before.high}
              fill="var(--accent)"
              fillOpacity={0.1}
              ifOverflow="hidden"
            />
          ) : null}
          {onset ? (
            <ReferenceArea
              x1={Math.max(first, onset.from * 1_000)}
              x2={Math.min(last, onset.to * 1_000)}
              fill="var(--hold-solid)"
              fillOpacity={0.14}
              ifOverflow="hidden"
            />
          ) : null}
          <ReferenceLine x={at * 1_000} stroke="var(--hold-solid)" ifOverflow="hidden" />
          {changes.map((change) => (
            <ReferenceLine
              key={change.id}
              x={change.at}
              stroke="var(--proof-solid)"
              strokeDasharray={change.subject_id === series.node ? undefined : "2 3"}
              ifOverflow="hidden"
              label={
                change.subject_id === series.node
                  ? {
                      value: name(CHANGE, change.kind),
                      position: change.at > first + (last - first) * LATE ? "insideTopRight" : "insideTopLeft",
                      fontSize: 10,
                      fill: "var(--proof)",
                    }
                  : undefined
              }
            />
          ))}
          <Tooltip
            cursor={{ stroke: "var(--line-strong)" }}
            isAnimationActive={false}
            content={<Reading unit={series.unit} />}
          />
          <Line
            dataKey="value"
            stroke="var(--ink-2)"
            strokeWidth={1.25}
            dot={false}
            activeDot={{ r: 3, fill: "var(--ink)", strokeWidth: 0 }}
            isAnimationActive={false}
          />
        </LineChart>
      </ResponsiveContainer>
    </div>
  );
}

interface Shown {
  active?: boolean;
  payload?: readonly { payload?: { at: number; value: number } }[];
}

function Reading({ active, payload, unit }: Shown & { unit: string | null }) {
  const point = payload?.[0]?.payload;
  if (!active || !point) return null;
  return (
    <div className="rounded-md border bg-surface px-2 py-1 text-xs shadow-float">
      <p className="num text-ink-3">{format(point.at, "HH:mm:ss")}</p>
      <p className="num font-medium">{amount(point.value, unit)}</p>
    </div>
  );
}
