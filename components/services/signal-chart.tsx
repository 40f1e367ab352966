"use client";

import { format } from "date-fns";
import { useMemo } from "react";
import {
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { amount } from "@/lib/core/base/amounts";
import type { ChangeView } from "@/lib/contracts/changes";
import type { AlertView, ServiceSeries, SignalView } from "@/lib/contracts/services";
import { axisTop, labelled, withGaps } from "@/components/agent/series-data";
import { CHANGE, name } from "@/components/status/words";
import { changeMark, hover, measured, timeAxis, valueAxis } from "@/components/ui/chart";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** The band is of this hour of the week: it is drawn no further back than it holds. */
const BAND_MS = HOUR;
/** What a word on a mark takes of the width. */
const LABEL_ROOM = 0.2;
/** Above the highest of what is drawn there is room for the words on the marks. */
const HEADROOM = 1.2;
const MIB = 1_048_576;
const FONT = 10;

type Series = ServiceSeries["series"][number];

/** One signal over time with its limits, what is usual now, and when something was changed or alerted. */
export function SignalChart({
  series,
  signal,
  changes,
  alerts,
  from,
  to,
}: {
  series: Series;
  signal: SignalView | undefined;
  changes: readonly ChangeView[];
  alerts: readonly AlertView[];
  from: number;
  to: number;
}) {
  const points = useMemo(
    () => withGaps(series.points.map(([at, value]) => ({ at, value, min: value, max: value, low: null, high: null }))),
    [series.points],
  );
  const limits = [signal?.upper ?? null, signal?.lower ?? null].filter((limit) => limit !== null);
  const band = signal?.expected ?? null;
  const highest = Math.max(...series.points.map(([, value]) => value), band?.high ?? 0);
  // A limit far above all that was measured would press the line flat: it is then said in words only.
  const drawn = limits.filter((limit) => limit <= highest * 3 || highest === 0);
  const scale = series.unit === "bytes" ? MIB : 1;
  const top = series.unit === "up" ? 1 : axisTop((Math.max(highest, ...drawn) * HEADROOM) / scale) * scale;
  const within = changes.filter(({ at }) => at >= from && at <= to);
  const named = labelled(within, ({ at }) => at, (to - from) * LABEL_ROOM);
  const ticks = to - from > 24 * HOUR ? "d MMM" : "HH:mm";
  return (
    <ResponsiveContainer width="100%" height={150}>
      <ComposedChart
        data={points}
        syncId="signals"
        syncMethod="value"
        margin={{ top: 8, right: 8, bottom: 0, left: 0 }}
        title={`${series.title} over time`}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis {...timeAxis(from, to, ticks, FONT)} />
        <YAxis
          {...valueAxis(top, FONT)}
          ticks={series.unit === "up" ? [0, 1] : [0, top / 2, top]}
          tickFormatter={(value: number) => amount(value, series.unit).replace(/ cores?$/, "")}
          width={60}
        />
        {alerts
          .filter(({ starts_at, ends_at }) => starts_at <= to && (ends_at ?? to) >= from)
          .map((alert) => (
            <ReferenceArea
              key={alert.id}
              x1={Math.max(alert.starts_at, from)}
              x2={Math.min(alert.ends_at ?? to, to)}
              fill="var(--hold-solid)"
              fillOpacity={0.07}
              ifOverflow="hidden"
            />
          ))}
        {band ? (
          <ReferenceArea
            x1={Math.max(from, to - BAND_MS)}
            x2={to}
            y1={Math.max(0, band.low)}
            y2={band.high}
            fill="var(--accent)"
            fillOpacity={0.13}
            ifOverflow="hidden"
          />
        ) : null}
        {drawn.map((limit) => (
          <ReferenceLine key={limit} y={limit} stroke="var(--hold-solid)" strokeWidth={1} />
        ))}
        <Tooltip content={<Shown unit={series.unit} />} {...hover} />
        <Line {...measured(series.points.length < 3 ? 2 : null)} />
        {within.map((change) => (
          <ReferenceLine
            key={change.id}
            {...changeMark(change.at, named.has(change) ? name(CHANGE, change.kind) : null, [from, to])}
          />
        ))}
      </ComposedChart>
    </ResponsiveContainer>
  );
}

/** What recharts hands to the content of its tooltip, as far as it is used here. */
interface Hovered {
  active?: boolean;
  payload?: readonly { payload?: { at: number; value: number | null } }[];
}

function Shown({ active, payload, unit }: Hovered & { unit: string | null }) {
  const point = payload?.[0]?.payload;
  if (!active || !point || point.value === null) return null;
  return (
    <div className="rounded-md border bg-surface px-2 py-1 text-xs shadow-float">
      <span className="num text-ink-3">{format(point.at, "HH:mm:ss")} </span>
      <span className="num font-medium">{amount(point.value, unit)}</span>
    </div>
  );
}
