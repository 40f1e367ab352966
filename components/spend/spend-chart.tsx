"use client";

import { format } from "date-fns";
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import type { SpendAnswer } from "@/lib/contracts/budgets";
import { usdText } from "@/lib/core/budgets/words";
import { hover } from "@/components/ui/chart";
import { compact } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";

const FONT = 11;
type Hour = SpendAnswer["hours"][number];

/** What the fleet spent, hour by hour. Nothing is drawn before anything was. */
export function SpendChart({ hours }: { hours: readonly Hour[] }) {
  if (hours.length === 0) return null;
  const sum = hours.reduce((total, { usd }) => total + usd, 0);
  return (
    <Panel title="Last 24 hours" hint="fleet, in USD per hour">
      <figure aria-label={`${usdText(sum)} in ${hours.length} of the last 24 hours`}>
        <ResponsiveContainer width="100%" height={180}>
          <BarChart data={[...hours]} margin={{ top: 8, right: 8, left: -12 }}>
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis
              dataKey="at"
              tickFormatter={(at: number) => format(at, "HH:mm")}
              tick={{ fontSize: FONT, fill: "var(--ink-3)" }}
              tickLine={false}
              axisLine={{ stroke: "var(--line-strong)" }}
              minTickGap={24}
            />
            <YAxis
              tick={{ fontSize: FONT, fill: "var(--ink-3)" }}
              tickLine={false}
              axisLine={false}
              tickFormatter={compact}
            />
            <Tooltip
              {...hover}
              cursor={{ fill: "var(--hover)" }}
              content={({ active, payload }) =>
                active ? <Hovered hour={payload?.[0]?.payload as Hour | undefined} /> : null
              }
            />
            <Bar dataKey="usd" fill="var(--accent)" isAnimationActive={false} maxBarSize={40} />
          </BarChart>
        </ResponsiveContainer>
      </figure>
    </Panel>
  );
}

const Hovered = ({ hour }: { hour: Hour | undefined }) =>
  hour === undefined ? null : (
    <div className="rounded-md border bg-surface px-2.5 py-1.5 text-xs shadow-float">
      <p className="text-ink-3">{format(hour.at, "d MMM HH:mm")}</p>
      <p className="num mt-1">
        {usdText(hour.usd)} · {compact(hour.tokens)} tokens
      </p>
    </div>
  );
