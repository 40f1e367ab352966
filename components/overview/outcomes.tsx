"use client";

import { useQuery } from "@tanstack/react-query";
import { HeartPulse } from "lucide-react";
import Link from "next/link";
import { newestActionsQuery } from "@/components/healing/queries";
import { OutcomeBadge } from "@/components/status/badges";
import { ACTION, DIAGNOSIS, name } from "@/components/status/words";
import { buttonStyle } from "@/components/ui/button";
import { Empty } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { PanelContent } from "@/components/ui/panel-content";
import { Ago } from "@/components/ui/time";

/** The newest actions and their measured outcomes. */
export function NewestOutcomes() {
  const query = useQuery(newestActionsQuery);
  return (
    <Panel
      flush
      title="Latest actions"
      hint="and their measured outcomes"
      actions={
        <Link href="/healing" className={buttonStyle({ look: "quiet", size: "sm" })}>
          Healing log
        </Link>
      }
    >
      <PanelContent what="the healing log" query={query}>
        {(data) =>
          data.actions.length === 0 ? (
            <Empty icon={HeartPulse} title="No actions yet" className="py-8">
              An action counts as successful only after fresh measurements confirm it.
            </Empty>
          ) : (
            <ul className="divide-y">
              {data.actions.map((run) => (
                <li key={run.id}>
                  <Link
                    href={`/incidents/${encodeURIComponent(run.incident_id)}`}
                    className="grid grid-cols-[1fr_auto] items-center gap-x-3 gap-y-0.5 px-4 py-2.5 -outline-offset-2 hover:bg-hover"
                  >
                    <span className="truncate text-sm font-medium">
                      {name(ACTION, run.action)} · {run.subject_id}
                    </span>
                    <OutcomeBadge outcome={run.outcome} />
                    <span className="truncate text-xs text-ink-3">{name(DIAGNOSIS, run.diagnosis)}</span>
                    <Ago at={run.started_at} className="num text-right text-xs text-ink-3" />
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </PanelContent>
    </Panel>
  );
}
