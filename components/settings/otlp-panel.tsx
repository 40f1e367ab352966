"use client";

import { useQuery } from "@tanstack/react-query";
import { Radio } from "lucide-react";
import type { OtlpRecordsAnswer } from "@/lib/contracts/otlp";
import { Badge } from "@/components/ui/badge";
import { type Columns, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/feedback";
import { compact } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { PanelContent } from "@/components/ui/panel-content";
import { Ago } from "@/components/ui/time";
import { otlpRecordsQuery } from "./queries";

type Row = OtlpRecordsAnswer["records"][number];

const FATES = {
  taken: { label: "Converted", tone: "ok", means: "Converted to agent events, log lines or service calls." },
  kept_by_name: {
    label: "Counted",
    tone: "info",
    means: "Recognised as an agent event, but not a model or tool call: only counted, by name.",
  },
  dropped: { label: "Dropped", tone: "mute", means: "Not used by Sentinel, or outside this key's scopes." },
} as const satisfies Record<Row["fate"], { label: string; tone: string; means: string }>;

const columns: Columns<Row> = [
  { accessorKey: "program", header: "Program", cell: ({ row }) => row.original.program || "others" },
  { accessorKey: "signal", header: "Signal" },
  {
    accessorKey: "scope",
    header: "Scope",
    cell: ({ row }) => <span className="text-xs wrap-anywhere text-ink-2">{row.original.scope || "none"}</span>,
  },
  {
    accessorKey: "name",
    header: "Name",
    cell: ({ row }) =>
      row.original.name === "" ? (
        <span className="text-ink-3">all others</span>
      ) : (
        <code className="font-mono text-xs wrap-anywhere">{row.original.name}</code>
      ),
  },
  {
    accessorKey: "fate",
    header: "Result",
    cell: ({ row }) => {
      const fate = FATES[row.original.fate];
      return (
        <Badge tone={fate.tone} title={fate.means}>
          {fate.label}
        </Badge>
      );
    },
  },
  {
    accessorKey: "records",
    header: "Records",
    cell: ({ row }) => <span className="num">{compact(row.original.records)}</span>,
  },
  { accessorKey: "key", header: "Key", cell: ({ row }) => row.original.key ?? "deleted" },
  {
    accessorKey: "last_at",
    header: "Last received",
    cell: ({ row }) => <Ago at={row.original.last_at} className="num text-xs whitespace-nowrap text-ink-3" />,
  },
];

/** What came over OpenTelemetry, and what became of it: nothing is refused in silence. */
export function OtlpPanel() {
  const query = useQuery(otlpRecordsQuery);
  const { data } = query;
  return (
    <Panel
      flush
      title="OpenTelemetry"
      hint="what was received over OTLP, and what was dropped"
      actions={
        data && (
          <span className="text-xs text-ink-3">
            attribute mapping of {data.aliases}, price list of {data.prices}
          </span>
        )
      }
    >
      <PanelContent what="OpenTelemetry records" query={query}>
        {(data) =>
          data.records.length === 0 ? (
            <Empty icon={Radio} title="Nothing received yet">
              Point an OTLP/HTTP exporter at this server, with an ingest key as bearer token.
            </Empty>
          ) : (
            <DataTable
              label="OpenTelemetry records"
              columns={columns}
              data={data.records}
              rowId={({ key, program, scope, signal, name, fate }) =>
                [key, program, scope, signal, name, fate].join("\n")
              }
            />
          )
        }
      </PanelContent>
    </Panel>
  );
}
