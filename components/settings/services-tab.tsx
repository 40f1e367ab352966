"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { CalendarClock, Plus } from "lucide-react";
import { useState } from "react";
import type { MaintenanceView } from "@/lib/contracts/operations";
import { PATHS } from "@/lib/contracts/paths";
import { type Mode, MODES } from "@/lib/core/base/vocabulary";
import { call } from "@/components/api";
import { useRefreshAfter } from "@/components/live/refresh-after";
import { MODE } from "@/components/status/words";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Empty, LoadError, Skeleton } from "@/components/ui/feedback";
import { useNow } from "@/components/ui/now";
import { Panel } from "@/components/ui/panel";
import { Segmented } from "@/components/ui/segmented";
import { Body, HeadRow, Row, Table } from "@/components/ui/table";
import { Clock, Until } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { MaintenanceDialog } from "./maintenance-dialog";
import { maintenanceQuery, settingsQuery } from "./queries";
import { useSaveSettings } from "./save";

const MEANS: Record<Mode, string> = {
  observe: "Incidents of services are opened and investigated; the operation that would be proposed is only recorded.",
  recommend: "An operation is proposed and runs only after approval.",
  act: "Reversible operations below the threshold run automatically; everything else requires approval.",
};

/** How incidents of services are treated, and when their alerts are expected. */
export function ServicesTab({ administers, decides }: { administers: boolean; decides: boolean }) {
  return (
    <div className="space-y-4">
      <ModePanel administers={administers} />
      <MaintenancePanel decides={decides} />
    </div>
  );
}

function ModePanel({ administers }: { administers: boolean }) {
  const { data, error, refetch } = useQuery(settingsQuery);
  const save = useSaveSettings();
  if (error && !data) return <LoadError what="settings" error={error} onRetry={() => void refetch()} />;
  return (
    <Panel title="Service mode">
      {!data ? (
        <Skeleton className="h-14" />
      ) : (
        <>
          <Segmented
            label="Service mode"
            value={save.isPending ? (save.variables.service_mode ?? data.service_mode) : data.service_mode}
            options={MODES.map((mode) => ({ value: mode, label: MODE[mode] }))}
            onChange={(mode) => save.mutate({ service_mode: mode })}
            disabled={!administers || save.isPending}
            className="w-full max-w-80"
          />
          <p className="mt-2 text-sm text-ink-2">{MEANS[data.service_mode]}</p>
          <p className="mt-1 text-xs text-ink-3">
            In every mode, only operations on the allow-list can run, and destructive ones always require approval.
          </p>
        </>
      )}
    </Panel>
  );
}

function MaintenancePanel({ decides }: { decides: boolean }) {
  const { data, error, refetch } = useQuery(maintenanceQuery);
  const [making, setMaking] = useState(false);
  return (
    <>
      <Panel
        flush
        title="Maintenance windows"
        hint="active and upcoming"
        actions={
          decides ? (
            <Button size="sm" look="primary" onClick={() => setMaking(true)}>
              <Plus aria-hidden /> New window
            </Button>
          ) : null
        }
      >
        {error && !data ? (
          <div className="p-4">
            <LoadError what="maintenance windows" error={error} onRetry={() => void refetch()} />
          </div>
        ) : !data ? (
          <Skeleton className="m-4 h-24" />
        ) : data.windows.length === 0 ? (
          <Empty icon={CalendarClock} title="No maintenance planned">
            During a window alerts are recorded but open no incident. It ends automatically.
          </Empty>
        ) : (
          <Table label="Maintenance windows">
            <HeadRow>
              <th>Service</th>
              <th>Now</th>
              <th>Starts</th>
              <th>Ends</th>
              <th>Note</th>
              <th>By</th>
              <th>
                <span className="sr-only">Actions</span>
              </th>
            </HeadRow>
            <Body>
              {data.windows
                .toSorted((a, b) => a.starts_at - b.starts_at)
                .map((window) => (
                  <Line key={window.id} window={window} decides={decides} />
                ))}
            </Body>
          </Table>
        )}
      </Panel>
      <MaintenanceDialog key={making ? "open" : "closed"} open={making} onClose={() => setMaking(false)} />
    </>
  );
}

function Line({ window, decides }: { window: MaintenanceView; decides: boolean }) {
  const now = useNow();
  const end = useMutation({
    mutationFn: () => call("DELETE", PATHS.MAINTENANCE_WINDOW, { params: { id: window.id } }),
    onSuccess: () => toast.success(`Maintenance window for ${window.service} ended.`),
    onSettled: useRefreshAfter("maintenance.ended"),
  });
  const labels = Object.entries(window.labels).map(([label, value]) => `${label}=${value}`);
  return (
    <Row>
      <td className="min-w-32">
        <span className="font-medium wrap-anywhere">{window.service}</span>
        {labels.length > 0 ? <p className="font-mono text-2xs wrap-anywhere text-ink-3">{labels.join(" ")}</p> : null}
      </td>
      <td>
        {window.ends_at <= now ? (
          <Badge>ended</Badge>
        ) : window.starts_at <= now ? (
          <Badge tone="accent">active</Badge>
        ) : (
          <Badge>upcoming</Badge>
        )}
      </td>
      <td className="num whitespace-nowrap text-ink-2">
        <Clock at={window.starts_at} />
      </td>
      <td className="num whitespace-nowrap text-ink-2">
        <Clock at={window.ends_at} />{" "}
        <span className="text-xs text-ink-3">
          (<Until at={window.ends_at} />)
        </span>
      </td>
      <td className="min-w-40 wrap-anywhere text-ink-2">{window.note ?? <span className="text-ink-3">none</span>}</td>
      <td className="text-ink-2">{window.created_by}</td>
      <td>
        {decides ? (
          <span className="flex justify-end">
            <Button
              size="sm"
              busy={end.isPending}
              onClick={() => end.mutate()}
              aria-label={`End maintenance for ${window.service}`}
            >
              End now
            </Button>
          </span>
        ) : null}
      </td>
    </Row>
  );
}
