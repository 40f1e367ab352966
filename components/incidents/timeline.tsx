"use client";

import {
  Activity,
  ClipboardCheck,
  CircleCheck,
  type LucideIcon,
  Lock,
  Search,
  Send,
  Siren,
  UserRound,
  Wrench,
} from "lucide-react";
import Link from "next/link";
import type { IncidentDetail } from "@/lib/contracts/incidents";
import { Button } from "@/components/ui/button";
import { Panel } from "@/components/ui/panel";
import { Clock } from "@/components/ui/time";

/** An icon by what the type's name is about; the text beside it says the rest. */
const ICONS: readonly [RegExp, LucideIcon][] = [
  [/anomal/, Activity],
  [/contain|quarantin|hold|held/, Lock],
  [/directive|ack|enforce/, Send],
  [/approv|reject|decid|decision|proposal/, ClipboardCheck],
  [/finding|hypothes|diagnos|investigat/, Search],
  [/action|heal|rung/, Wrench],
  [/noted|assigned|snoozed|acknowledged/, UserRound],
  [/resolv|recover|verif|probation|released/, CircleCheck],
];
const iconOf = (type: string): LucideIcon => ICONS.find(([pattern]) => pattern.test(type))?.[1] ?? Siren;

/** What was recorded, in order, as the event table has it. `onNote`: whoever reads it may add to it. */
export function Timeline({
  timeline,
  subjects,
  onNote,
}: {
  timeline: IncidentDetail["timeline"];
  subjects: number;
  onNote?: (() => void) | undefined;
}) {
  return (
    <Panel
      title="Timeline"
      hint={`${timeline.length} ${timeline.length === 1 ? "entry" : "entries"}`}
      actions={
        onNote ? (
          <Button size="sm" onClick={onNote}>
            Add a note
          </Button>
        ) : null
      }
    >
      {timeline.length === 0 ? (
        <p className="text-sm text-ink-2">Nothing recorded.</p>
      ) : (
        <ol>
          {timeline.map((entry, index) => {
            const Icon = iconOf(entry.type);
            return (
              <li key={entry.seq} className="relative grid grid-cols-[1.5rem_1fr] gap-x-3 pb-4 last:pb-0">
                {index < timeline.length - 1 ? (
                  <span className="absolute top-6 bottom-0 left-3 w-px bg-line" aria-hidden />
                ) : null}
                <span className="grid size-6 place-items-center rounded-full border bg-surface text-ink-3">
                  <Icon className="size-3.5" aria-hidden />
                </span>
                <div className="min-w-0 pt-0.5">
                  <p className="line-clamp-6 text-sm break-words">{entry.text}</p>
                  <p className="num flex flex-wrap gap-x-2 text-xs text-ink-3">
                    <Clock at={entry.at} />
                    {subjects > 1 && entry.agent_id !== null ? (
                      <Link href={`/agents/${encodeURIComponent(entry.agent_id)}`} className="hover:underline">
                        {entry.agent_id}
                      </Link>
                    ) : null}
                  </p>
                </div>
              </li>
            );
          })}
        </ol>
      )}
    </Panel>
  );
}
