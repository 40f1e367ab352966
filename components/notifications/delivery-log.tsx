"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Inbox } from "lucide-react";
import Link from "next/link";
import type { NotificationView } from "@/lib/contracts/notifications";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/panel";
import { PanelContent } from "@/components/ui/panel-content";
import { Body, HeadRow, Row, Table, TimeCell } from "@/components/ui/table";
import { Until } from "@/components/ui/time";
import { notificationsQuery } from "./queries";
import { PURPOSE, STATE } from "./words";

/** What was sent to whom, and what became of it. */
export function DeliveryLog({ decides }: { decides: boolean }) {
  const query = useQuery(notificationsQuery);
  return (
    <Panel flush title="Delivery log" hint="newest first">
      <PanelContent what="the delivery log" query={query}>
        {(data) =>
          data.notifications.length === 0 ? (
            <Empty icon={Inbox} title="No messages yet">
              Messages appear here when they are queued, sent, retried or rejected by their receiver.
            </Empty>
          ) : (
            <Table label="Delivery log">
              <HeadRow>
                <th>Time</th>
                <th>Channel</th>
                <th>Message</th>
                <th>State</th>
                <th>
                  <span className="sr-only">Actions</span>
                </th>
              </HeadRow>
              <Body>
                {data.notifications.map((one) => (
                  <Line key={one.id} one={one} decides={decides} />
                ))}
              </Body>
            </Table>
          )
        }
      </PanelContent>
    </Panel>
  );
}

function Line({ one, decides }: { one: NotificationView; decides: boolean }) {
  const client = useQueryClient();
  const resend = useMutation({
    mutationFn: () => call("POST", PATHS.NOTIFICATION_RESEND, { params: { id: one.id } }),
    onSettled: () => client.invalidateQueries({ queryKey: ["notifications"] }),
  });
  const { label, tone } = STATE[one.state];
  const over = one.state === "failed" || one.state === "skipped";
  return (
    <Row>
      <TimeCell at={one.created_at} />
      <td className="wrap-anywhere">{one.channel?.name ?? <span className="text-ink-3">deleted channel</span>}</td>
      <td className="min-w-56 text-xs leading-5">
        <span className="block font-medium wrap-anywhere">
          {PURPOSE[one.purpose]}:{" "}
          {one.incident_id === null ? (
            one.title
          ) : (
            <Link className="hover:underline" href={`/incidents/${encodeURIComponent(one.incident_id)}`}>
              {one.title}
            </Link>
          )}
        </span>
        <span className="block wrap-anywhere text-ink-3">{one.text}</span>
      </td>
      <td className="text-xs leading-5">
        <Badge tone={tone}>{label}</Badge>
        {one.state === "pending" && one.attempts === 0 && one.due_at > one.created_at ? (
          <span className="num block text-ink-3">
            due <Until at={one.due_at} />
          </span>
        ) : null}
        {one.error === null ? null : <span className="block max-w-72 wrap-anywhere text-ink-3">{one.error}</span>}
        {one.attempts > 1 ? <span className="num block text-ink-3">{one.attempts} attempts</span> : null}
      </td>
      <td>
        {decides && over && one.channel !== null ? (
          <span className="flex justify-end">
            <Button
              size="sm"
              busy={resend.isPending}
              onClick={() => resend.mutate()}
              aria-label={`Send again: ${one.title}`}
            >
              Send again
            </Button>
          </span>
        ) : null}
      </td>
    </Row>
  );
}
