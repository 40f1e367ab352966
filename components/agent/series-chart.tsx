"use client";

import { format } from "date-fns";
import { useMemo } from "react";
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ReferenceDot,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { measure } from "@/lib/core/base/amounts";
import type { AgentDetail } from "@/lib/contracts/agents";
import type { SeriesAnswer } from "@/lib/contracts/agent-activity";
import { CHANGE, metricName, metricUnit, name } from "@/components/status/words";
import { changeMark, hover, measured, sideOf, timeAxis, valueAxis } from "@/components/ui/chart";
import { axisTop, heldStretches, highest, labelled, type Point, withGaps } from "./series-data";

export interface Marks {
  anomalies: AgentDetail["anomalies"];
  changes: AgentDetail["changes"];
  directives: AgentDetail["directives"];
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** What a word on a mark takes of the width. */
const LABEL_ROOM = 0.14;
const FONT = 11;

/** One metric over time, in its band of normal, with what was noticed, changed and ordered drawn where it happened. */
export function SeriesChart({
  series,
  marks,
  from,
  to,
}: {
  series: SeriesAnswer;
  marks: Marks;
  from: number;
  to: number;
}) {
  const points = useMemo(() => withGaps(series.points), [series.points]);
  const within = ({ at }: { at: number }) => at >= from && at <= to;
  const anomalies = marks.anomalies.filter((anomaly) => anomaly.metric === series.metric && within(anomaly));
  const changes = marks.changes.filter(within);
  const directives = marks.directives.filter(({ created_at }) => created_at >= from && created_at <= to);
  const top = axisTop(Math.max(highest(points), ...anomalies.map(({ value }) => value)));
  const held = heldStretches(marks.directives, from, to);
  const room = (to - from) * LABEL_ROOM;
  const changesNamed = labelled(changes, ({ at }) => at, room);
  const directivesNamed = labelled(directives, ({ created_at }) => created_at, room);
  const ticks = to - from > DAY ? "d MMM HH:mm" : to - from < 10 * MINUTE ? "HH:mm:ss" : "HH:mm";
  return (
    <ResponsiveContainer width="100%" height={280}>
      <ComposedChart
        data={points}
        margin={{ top: 12, right: 12, bottom: 0, left: 0 }}
        title={`${metricName(series.metric)} over time`}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis {...timeAxis(from, to, ticks, FONT)} />
        <YAxis {...valueAxis(top, FONT)} tickFormatter={measure} width={52} />
        {held.map((stretch) => (
          <ReferenceArea
            key={stretch.from}
            x1={stretch.from}
            x2={stretch.to}
            fill="var(--hold-solid)"
            fillOpacity={0.09}
            ifOverflow="hidden"
          />
        ))}
        <Tooltip content={<Reading metric={series.metric} />} {...hover} />
        <Area
          dataKey="band"
          stroke="none"
          fill="var(--accent)"
          fillOpacity={0.11}
          isAnimationActive={false}
          activeDot={false}
          connectNulls={false}
        />
        <Area
          dataKey="range"
          stroke="none"
          fill="var(--ink-3)"
          fillOpacity={0.22}
          isAnimationActive={false}
          activeDot={false}
          connectNulls={false}
        />
        <Line {...measured(points.length < 60 ? 1.75 : null)} />
        {changes.map((change) => (
          <ReferenceLine
            key={change.id}
            {...changeMark(change.at, changesNamed.has(change) ? name(CHANGE, change.kind) : null, [from, to])}
          />
        ))}
        {directives.map((directive) => (
          <ReferenceLine
            key={directive.version}
            x={directive.created_at}
            stroke="var(--heal-solid)"
            label={
              directivesNamed.has(directive)
                ? {
                    value: `v${directive.version} ${directive.status}`,
                    position: `insideBottom${sideOf(directive.created_at, [from, to])}`,
                    fontSize: 10,
                    fill: "var(--heal)",
                  }
                : undefined
            }
          />
        ))}
        {anomalies.map((anomaly) => (
          <ReferenceDot
            key={anomaly.id}
            x={anomaly.at}
            y={anomaly.value}
            r={4.5}
            fill="var(--surface)"
            stroke="var(--hold-solid)"
            strokeWidth={2}
          />
        ))}
      </ComposedChart>
    </ResponsiveContainer>
  );
}

/** What recharts hands to the content of its tooltip, as far as it is used here. */
interface Shown {
  active?: boolean;
  payload?: readonly { payload?: Point }[];
}

function Reading({ active, payload, metric }: Shown & { metric: string }) {
  const point = payload?.[0]?.payload;
  if (!active || !point || point.value === null) return null;
  const unit = metricUnit(metric);
  return (
    <div className="rounded-md border bg-surface px-2.5 py-1.5 text-xs shadow-float">
      <p className="num text-ink-3">{format(point.at, "d MMM HH:mm:ss")}</p>
      <p className="num font-medium">
        {measure(point.value)} {unit}
        {point.range ? (
          <span className="font-normal text-ink-3">
            {" "}
            ({measure(point.range[0])} to {measure(point.range[1])})
          </span>
        ) : null}
      </p>
      <p className="num text-ink-3">
        {point.band ? `expected ${measure(point.band[0])} to ${measure(point.band[1])}` : "no baseline yet"}
      </p>
    </div>
  );
}
