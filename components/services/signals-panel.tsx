"use client";

import { useQuery } from "@tanstack/react-query";
import { CircleHelp, EyeOff } from "lucide-react";
import dynamic from "next/dynamic";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { amount, limitText } from "@/lib/core/base/amounts";
import type { ServiceDetail, SignalView } from "@/lib/contracts/services";
import { Badge } from "@/components/ui/badge";
import { Key } from "@/components/ui/chart";
import { cn } from "@/components/ui/cn";
import { Callout, LoadError, Skeleton } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { Ago } from "@/components/ui/time";
import { VALUE } from "./badges";
import { serviceSeriesQuery } from "./queries";
import { spoken } from "./reading";
import { SIGNAL } from "./states";

const CHART_HEIGHT = "h-[150px]";
// recharts measures the page: it is of no use on the server, and only this screen needs it.
const SignalChart = dynamic(() => import("./signal-chart").then((module) => module.SignalChart), {
  ssr: false,
  loading: () => <Skeleton className={CHART_HEIGHT} />,
});

const WINDOWS = [
  { value: "15", label: "15 m" },
  { value: "60", label: "1 h" },
  { value: "360", label: "6 h" },
  { value: "1440", label: "24 h" },
  { value: "10080", label: "7 d" },
] as const;

/** The signals of a service, now and over time. Where nothing could be looked at, that is what is shown. */
export function SignalsPanel({ detail }: { detail: ServiceDetail }) {
  const [minutes, setMinutes] = useQueryState(
    "minutes",
    parseAsStringLiteral(WINDOWS.map(({ value }) => value)).withDefault("60"),
  );
  const { service, changes, alerts } = detail;
  const { data, error, refetch, isPlaceholderData } = useQuery(serviceSeriesQuery(service.id, Number(minutes)));
  const names = [
    ...new Set([...service.signals.map(({ name }) => name), ...(data?.series.map(({ name }) => name) ?? [])]),
  ];
  return (
    <Panel
      title="Signals"
      actions={
        <Segmented
          label="Window"
          value={minutes}
          options={WINDOWS}
          onChange={(next) => void setMinutes(next)}
          className="max-w-full overflow-x-auto"
        />
      }
    >
      {error && !data ? <LoadError what="signals over time" error={error} onRetry={() => void refetch()} /> : null}
      {data && data.could_not_look !== null ? (
        <Callout tone="warn" icon={EyeOff} title="Could not read" className="mb-4">
          {data.could_not_look} This says nothing about the health of the service.
        </Callout>
      ) : null}
      {names.length === 0 ? (
        data || error ? (
          <p className="flex items-center gap-2 py-6 text-sm text-ink-2">
            <CircleHelp className="size-4 text-mute" aria-hidden />
            No signal of this service has been measured: health unknown.
          </p>
        ) : (
          <Skeleton className="h-64" />
        )
      ) : (
        <div
          className={cn("grid gap-x-6 gap-y-5 md:grid-cols-2", isPlaceholderData && "opacity-60 transition-opacity")}
        >
          {names.map((name) => {
            const signal = service.signals.find((each) => each.name === name);
            const series = data?.series.find((each) => each.name === name);
            return (
              <section key={name} aria-label={signal?.title ?? series?.title ?? name} className="min-w-0">
                <Head title={signal?.title ?? series?.title ?? name} signal={signal} />
                {!data ? (
                  <Skeleton className={CHART_HEIGHT} />
                ) : series && series.points.length > 0 ? (
                  <SignalChart
                    series={series}
                    signal={signal}
                    changes={changes}
                    alerts={alerts}
                    from={data.from}
                    to={data.to}
                  />
                ) : (
                  <p
                    className={cn(
                      "grid place-items-center rounded-md border border-dashed px-4 text-center text-xs text-ink-2",
                      CHART_HEIGHT,
                    )}
                  >
                    {(data.could_not_look ?? series?.could_not_look)
                      ? `Could not read${series?.could_not_look ? `: ${series.could_not_look}` : "."}`
                      : "No data in this window. This does not mean zero."}
                  </p>
                )}
                {signal ? (
                  <details className="mt-1 text-xs text-ink-3">
                    <summary className="w-fit rounded-sm hover:text-ink">Query</summary>
                    <code className="mt-1 block rounded-md bg-sunken px-2 py-1.5 font-mono text-2xs wrap-anywhere text-ink-2">
                      {signal.query}
                    </code>
                  </details>
                ) : null}
              </section>
            );
          })}
        </div>
      )}
      {names.length > 0 ? (
        <ul className="mt-4 flex flex-wrap gap-x-5 gap-y-1.5 border-t pt-3 text-xs text-ink-2">
          <Key swatch={<span className="h-px w-4 bg-hold-solid" />}>limit</Key>
          <Key swatch={<span className="h-3 w-4 bg-accent/15" />}>usual at this hour</Key>
          <Key swatch={<span className="h-3 border-l border-dashed border-proof-solid" />}>change</Key>
          <Key swatch={<span className="h-3 w-4 bg-hold-solid/15" />}>an alert fired</Key>
          <Key swatch={<span className="h-3 w-4 border border-dashed border-line-strong" />}>a gap: no data</Key>
        </ul>
      ) : null}
    </Panel>
  );
}

function Head({ title, signal }: { title: string; signal: SignalView | undefined }) {
  if (!signal) return <h3 className="mb-1 text-sm font-medium">{title}</h3>;
  const { tone, icon, label, means } = SIGNAL[signal.state];
  const known = signal.value !== null && signal.state !== "unknown";
  const words = [
    signal.expected
      ? `usual ${amount(signal.expected.low, signal.unit)} to ${amount(signal.expected.high, signal.unit)}`
      : "no baseline yet",
    limitText(signal.upper, signal.lower, signal.unit),
  ].filter(Boolean);
  return (
    <header className="mb-1">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <h3 className="text-sm font-medium">{title}</h3>
        <span className={cn("num text-sm font-semibold", known ? VALUE[tone] : "font-normal text-mute")}>
          {known ? amount(signal.value!, signal.unit) : signal.problem === null ? "no data" : "could not read"}
        </span>
        {known && signal.detail !== null ? <span className="text-xs text-ink-2">{signal.detail}</span> : null}
        <Badge tone={tone} icon={icon} title={means} className="ml-auto">
          {label}
        </Badge>
      </div>
      <p className="num mt-0.5 truncate text-xs text-ink-3" title={spoken(signal)}>
        for <Ago at={signal.since} suffix="" /> · {words.join(" · ")}
        {!known && signal.at !== null ? (
          <>
            {" "}
            · last data <Ago at={signal.at} />
          </>
        ) : null}
      </p>
      {signal.problem === null ? null : (
        <p className="mt-0.5 flex gap-1 text-xs text-warn">
          <EyeOff className="size-3.5 shrink-0" aria-hidden />
          <span className="min-w-0 wrap-anywhere">Could not read: {signal.problem}</span>
        </p>
      )}
    </header>
  );
}
