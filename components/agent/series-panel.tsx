"use client";

import { useQuery } from "@tanstack/react-query";
import { ChartSpline } from "lucide-react";
import dynamic from "next/dynamic";
import { parseAsStringLiteral, useQueryStates } from "nuqs";
import { useState } from "react";
import { measure } from "@/lib/core/base/amounts";
import { SERIES_METRICS, type SeriesMetric } from "@/lib/core/base/vocabulary";
import type { AgentDetail } from "@/lib/contracts/agents";
import { seriesQuery } from "@/components/agents/queries";
import { METRIC, metricName, metricUnit } from "@/components/status/words";
import { Key } from "@/components/ui/chart";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { useNow } from "@/components/ui/now";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { Select } from "@/components/ui/select";

// recharts measures the page: it is of no use on the server, and only this screen needs it.
const SeriesChart = dynamic(() => import("./series-chart").then((module) => module.SeriesChart), {
  ssr: false,
  loading: () => <Skeleton className="h-70" />,
});

const WINDOWS = [
  { value: "5", label: "5 m" },
  { value: "15", label: "15 m" },
  { value: "60", label: "1 h" },
  { value: "360", label: "6 h" },
  { value: "1440", label: "24 h" },
  { value: "10080", label: "7 d" },
  { value: "20160", label: "14 d" },
] as const;
const MINUTE = 60_000;
/** Room left of the first point of an agent that is younger than the window, as a share of what is shown. */
const LEAD = 0.03;

/** What the page opens with: the metric of what is wrong, else the one that the agent's card shows. */
function firstMetric({ agent, anomalies }: AgentDetail): SeriesMetric {
  const worst = anomalies
    .filter(({ incident_id, metric }) => metric in METRIC && incident_id === agent.incident?.id)
    .toSorted((a, b) => b.severity - a.severity)[0];
  const wanted = worst?.metric ?? agent.sparkline?.metric;
  return SERIES_METRICS.find((metric) => metric === wanted) ?? "latency_ms";
}

export function SeriesPanel({ detail }: { detail: AgentDetail }) {
  const [first] = useState(() => firstMetric(detail));
  const [{ metric, minutes }, setShown] = useQueryStates({
    metric: parseAsStringLiteral(SERIES_METRICS).withDefault(first),
    minutes: parseAsStringLiteral(WINDOWS.map(({ value }) => value)).withDefault("15"),
  });
  const window = Number(minutes);
  const { data, error, refetch } = useQuery(seriesQuery(detail.agent.id, metric, window));
  const now = useNow();
  const metrics = [...new Set([...(data?.metrics ?? []), metric])];
  const newest = data?.points.at(-1);
  const oldest = data?.points[0];
  const begin = now - window * MINUTE;
  // Before the agent was first seen there is nothing to show.
  const from = oldest && detail.first_seen_at > begin ? Math.max(begin, oldest.at - LEAD * (now - oldest.at)) : begin;
  return (
    <Panel
      title="Vitals"
      actions={
        <>
          <Select
            label="Metric"
            value={metric}
            options={metrics.map((value) => ({
              value,
              label: metricUnit(value) ? `${metricName(value)} (${metricUnit(value)})` : metricName(value),
            }))}
            onChange={(next) => void setShown({ metric: SERIES_METRICS.find((known) => known === next) ?? null })}
          />
          <Segmented
            label="Window"
            value={minutes}
            options={WINDOWS}
            onChange={(next) => void setShown({ minutes: next })}
            className="max-w-full overflow-x-auto"
          />
        </>
      }
    >
      {error && !data ? (
        <LoadError what="vitals" error={error} onRetry={() => void refetch()} />
      ) : !data ? (
        <Skeleton className="h-70" />
      ) : data.points.length === 0 ? (
        <Empty
          icon={ChartSpline}
          title={`No ${metricName(metric).toLowerCase()} in this window`}
          className="h-70 justify-center py-0"
        >
          No data was reported. This does not mean zero.
        </Empty>
      ) : (
        <>
          <SeriesChart series={data} marks={detail} from={from} to={now} />
          <ul className="mt-3 flex flex-wrap gap-x-5 gap-y-1.5 text-xs text-ink-2">
            <Key swatch={<span className="h-0.5 w-4 bg-ink-2" />}>
              {data.resolution === "event"
                ? "each event"
                : data.resolution === "bucket"
                  ? "mean of nearby events"
                  : "hourly mean"}
              {newest ? <span className="num text-ink-3"> · newest {measure(newest.value)}</span> : null}
            </Key>
            <Key swatch={<span className="h-3 w-4 bg-accent/15" />}>baseline band</Key>
            <Key swatch={<span className="size-2.5 rounded-full border-2 border-hold-solid" />}>anomaly</Key>
            <Key swatch={<span className="h-3 w-4 bg-hold-solid/20" />}>quarantine sent</Key>
            <Key swatch={<span className="h-3 border-l border-dashed border-proof-solid" />}>change</Key>
            <Key swatch={<span className="h-3 border-l border-heal-solid" />}>directive</Key>
          </ul>
        </>
      )}
    </Panel>
  );
}
