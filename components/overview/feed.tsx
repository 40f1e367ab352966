"use client";

import { Radio } from "lucide-react";
import Link from "next/link";
import { useFeed } from "@/components/live/live";
import { Badge } from "@/components/ui/badge";
import { Empty } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { Clock } from "@/components/ui/time";

/** What changed, newest first, as it happens. */
export function Feed() {
  const feed = useFeed();
  return (
    <Panel
      title="Live"
      hint="every state change as it is recorded"
      flush
      className="flex max-h-136 flex-col xl:max-h-none xl:min-h-0"
    >
      {feed.length === 0 ? (
        <Empty icon={Radio} title="Nothing has happened yet">
          Incidents, quarantines, decisions and measurements appear here as they are recorded.
        </Empty>
      ) : (
        <ol className="max-h-120 overflow-y-auto py-1" tabIndex={0} aria-label="Live feed">
          {feed.map((message) => (
            <li key={message.seq} className="grid grid-cols-[4rem_1fr] gap-x-3 px-4 py-1.5 text-sm hover:bg-hover">
              <Clock at={message.at} className="num text-xs leading-5 text-ink-3" />
              <div className="min-w-0">
                <p className="line-clamp-4 break-words" title={message.text}>
                  {message.text}
                </p>
                <p className="flex flex-wrap gap-x-3 text-xs text-ink-3">
                  {message.data.page === true ? <Badge tone="warn">Needs attention</Badge> : null}
                  {message.agent_id === null ? null : (
                    <Link
                      href={`/agents/${encodeURIComponent(message.agent_id)}`}
                      className="max-w-60 truncate hover:text-ink hover:underline"
                    >
                      {message.agent_id}
                    </Link>
                  )}
                  {message.service_id === null ? null : (
                    <Link
                      href={`/services/${encodeURIComponent(message.service_id)}`}
                      className="max-w-60 truncate hover:text-ink hover:underline"
                    >
                      {message.service_id}
                    </Link>
                  )}
                  {message.incident_id === null ? null : (
                    <Link
                      href={`/incidents/${encodeURIComponent(message.incident_id)}`}
                      className="hover:text-ink hover:underline"
                    >
                      Incident
                    </Link>
                  )}
                </p>
              </div>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
