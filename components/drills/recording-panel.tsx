"use client";

import { format } from "date-fns";
import { Check, CircleDot } from "lucide-react";
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
import type { DrillDetail } from "@/lib/contracts/drills";
import type { IncidentState } from "@/lib/core/base/vocabulary";
import { axisTop } from "@/components/agent/series-data";
import { amount } from "@/lib/core/base/amounts";
import { changeMark, hover, measured, timeAxis, valueAxis } from "@/components/ui/chart";
import { cn } from "@/components/ui/cn";
import { Panel } from "@/components/ui/panel";

const FONT = 10;
const HEIGHT = 170;
/** Above the highest value there is room for the words on the marks. */
const HEADROOM = 1.25;

const STEPS = ["Fired", "Investigated", "Approved", "Measured", "Closed"] as const;

/** How many of the steps a drill has taken. */
const TAKEN: Record<IncidentState, number> = {
  open: 1,
  investigating: 1,
  awaiting_approval: 2,
  rejected: 2,
  escalated: 2,
  acting: 3,
  verifying: 3,
  resolved: 5,
  dismissed: 5,
};

/** The series that was alerted on: until the alert as it was recorded, after it by what was done. */
export function RecordingPanel({ drill }: { drill: DrillDetail }) {
  const { signal, operations, incident } = drill;
  const points = useMemo(() => signal.points.map(([at, value]) => ({ at, value })), [signal.points]);
  const from = points[0]?.at ?? drill.fired_at;
  const to = points.at(-1)?.at ?? drill.fired_at;
  const top = axisTop(Math.max(signal.above, ...points.map(({ value }) => value)) * HEADROOM);
  const last = points.at(-1)?.value;
  return (
    <Panel
      title={
        <>
          {signal.metric} <span className="font-normal text-ink-3">of {signal.service}</span>
        </>
      }
      hint={
        last === undefined ? undefined : `now ${amount(last, signal.unit)}, limit ${amount(signal.above, signal.unit)}`
      }
    >
      <Steps state={incident.state} />
      <ResponsiveContainer width="100%" height={HEIGHT}>
        <ComposedChart data={points} margin={{ top: 8, right: 8, bottom: 0, left: 0 }} title="Recording in progress">
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis {...timeAxis(from, to, "HH:mm:ss", FONT)} />
          <YAxis {...valueAxis(top, FONT)} tickFormatter={(value: number) => amount(value, signal.unit)} width={64} />
          <ReferenceArea y1={0} y2={signal.above} fill="var(--ok-solid)" fillOpacity={0.08} ifOverflow="hidden" />
          <ReferenceLine y={signal.above} stroke="var(--hold-solid)" />
          <ReferenceLine {...changeMark(drill.fired_at, "alert", [from, to])} stroke="var(--hold-solid)" />
          {operations.map((operation) => (
            <ReferenceLine
              key={`${operation.name} ${operation.at}`}
              {...changeMark(operation.at, operation.name, [from, to])}
            />
          ))}
          <Tooltip content={<Reading unit={signal.unit} />} {...hover} />
          <Line {...measured(null)} />
        </ComposedChart>
      </ResponsiveContainer>
    </Panel>
  );
}

/** Drill progress. */
function Steps({ state }: { state: IncidentState }) {
  const taken = TAKEN[state];
  return (
    <ol aria-label="Drill progress" className="mb-3 flex flex-wrap gap-x-4 gap-y-1 text-xs">
      {STEPS.map((step, index) => {
        const done = index < taken;
        const Icon = done ? Check : CircleDot;
        return (
          <li
            key={step}
            aria-current={index === taken ? "step" : undefined}
            className={cn(
              "flex items-center gap-1",
              done ? "text-ok" : index === taken ? "font-medium text-ink" : "text-ink-3",
            )}
          >
            <Icon className="size-3.5 shrink-0" aria-hidden />
            {step}
            <span className="sr-only">{done ? " (done)" : ""}</span>
          </li>
        );
      })}
    </ol>
  );
}

interface Hovered {
  active?: boolean;
  payload?: readonly { payload?: { at: number; value: number } }[];
}

function Reading({ active, payload, unit }: Hovered & { unit: string | null }) {
  const point = payload?.[0]?.payload;
  if (!active || !point) return null;
  return (
    <div className="rounded-md border bg-surface px-2 py-1 text-xs shadow-float">
      <span className="num text-ink-3">{format(point.at, "HH:mm:ss")} </span>
      <span className="num font-medium">{amount(point.value, unit)}</span>
    </div>
  );
}
