"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { BellRing, Plus } from "lucide-react";
import { useState } from "react";
import type { AlertSourceView } from "@/lib/contracts/alert-sources";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";
import { TOKEN_SOURCES, type TokenSource } from "@/lib/core/base/vocabulary";
import type { Guided } from "@/lib/ingest/sources/guide";
import { GUIDED, guideOf, sourceName } from "@/lib/ingest/sources/guides";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/feedback";
import { integer } from "@/components/ui/format";
import { Panel } from "@/components/ui/panel";
import { PanelContent } from "@/components/ui/panel-content";
import { Select } from "@/components/ui/select";
import { Body, HeadRow, Row, Table } from "@/components/ui/table";
import { Ago } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { CopyBlock } from "./copy-block";
import { alertSourcesQuery } from "./queries";
import { RevokeButton } from "./revoke-button";
import { SecretDialog } from "./secret-dialog";

/** Who sends alerts and changes, and how to set that up at the sender. */
export function SourcesTab({ administers, decides }: { administers: boolean; decides: boolean }) {
  const query = useQuery(alertSourcesQuery);
  const [making, setMaking] = useState(false);
  return (
    <div className="space-y-4">
      <Panel
        flush
        title="Alert sources"
        hint="each authenticates with its own token"
        actions={
          administers ? (
            <Button size="sm" look="primary" onClick={() => setMaking(true)}>
              <Plus aria-hidden /> New source
            </Button>
          ) : null
        }
      >
        <PanelContent what="alert sources" query={query}>
          {(data) =>
            data.sources.length === 0 ? (
              <Empty icon={BellRing} title="No alert sources yet">
                Alertmanager, Grafana, Datadog or anything that can send JSON needs a token. It is shown once, when the
                source is created. PagerDuty and GitHub sign their requests instead.
              </Empty>
            ) : (
              <Table label="Alert sources">
                <HeadRow>
                  <th>Kind</th>
                  <th>Endpoint</th>
                  <th className="text-right">Messages</th>
                  <th className="text-right">Rejected</th>
                  <th>Last received</th>
                  <th>Created by</th>
                  <th>
                    <span className="sr-only">Actions</span>
                  </th>
                </HeadRow>
                <Body>
                  {data.sources.map((source) => (
                    <Line key={source.id} source={source} administers={administers} decides={decides} />
                  ))}
                </Body>
              </Table>
            )
          }
        </PanelContent>
      </Panel>
      <HowTo />
      <NewSource key={making ? "open" : "closed"} open={making} onClose={() => setMaking(false)} />
    </div>
  );
}

function Line({ source, administers, decides }: { source: AlertSourceView; administers: boolean; decides: boolean }) {
  const gone = source.revoked_at !== null;
  return (
    <Row className={gone ? "opacity-60" : undefined}>
      <td className="font-medium whitespace-nowrap">{sourceName(source.kind)}</td>
      <td className="font-mono text-xs leading-5 whitespace-nowrap text-ink-2">{source.path}</td>
      <td className="num text-right">{integer(source.received)}</td>
      <td className="text-right text-xs leading-5">
        <span className={source.refused > 0 ? "num text-warn" : "num text-ink-3"}>{integer(source.refused)}</span>
        {source.last_refusal !== null && source.last_refusal_at !== null ? (
          <span className="block max-w-64 truncate text-ink-3" title={source.last_refusal}>
            {source.last_refusal}, <Ago at={source.last_refusal_at} />
          </span>
        ) : null}
      </td>
      <td className="num text-xs leading-5 whitespace-nowrap text-ink-3">
        {source.last_at === null ? "never" : <Ago at={source.last_at} />}
      </td>
      <td className="text-xs leading-5 text-ink-3">
        {source.created_by}, <Ago at={source.created_at} />
      </td>
      <td>
        <span className="flex justify-end gap-2">
          {gone ? <Badge>revoked</Badge> : null}
          {!gone && decides ? <Test source={source} /> : null}
          {!gone && administers && !source.signed ? (
            <RevokeButton
              name={sourceName(source.kind)}
              title={`Revoke this ${sourceName(source.kind)} source?`}
              consequence="Its messages are rejected from now on, resolved alerts included: alerts firing now stay firing here until another source resolves them."
              onRevoke={() => call("DELETE", PATHS.ALERT_SOURCE, { params: { id: source.id } })}
              queryKey={alertSourcesQuery.queryKey}
            />
          ) : null}
        </span>
      </td>
    </Row>
  );
}

function Test({ source }: { source: AlertSourceView }) {
  const client = useQueryClient();
  const test = useMutation({
    mutationFn: () => call("POST", PATHS.ALERT_SOURCE_TEST, { params: { id: source.id } }),
    onSuccess: ({ summary }) => toast.success(`Test alert delivered end to end: ${summary}`),
    onSettled: () =>
      Promise.all([alertSourcesQuery.queryKey, ["services"]].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
  return (
    <Button
      size="sm"
      busy={test.isPending}
      onClick={() => test.mutate()}
      aria-label={`Test ${sourceName(source.kind)}`}
      title="Sends a test alert end to end: parsed, recorded and resolved immediately. It opens no incident."
    >
      Test
    </Button>
  );
}

const options = <K extends Guided>(kinds: readonly K[]) =>
  kinds.map((kind) => ({ value: kind, label: sourceName(kind) }));

function HowTo() {
  const [kind, setKind] = useState<Guided>("alertmanager");
  return (
    <Panel
      title="How to connect"
      actions={<Select label="Sender" value={kind} options={options(GUIDED)} onChange={setKind} />}
    >
      <Steps kind={kind} />
    </Panel>
  );
}

function Steps({ kind, token }: { kind: Guided; token?: string }) {
  const { steps, text } = guideOf(kind, location.origin, token);
  return (
    <div className="space-y-3">
      <ol className="list-decimal space-y-1 pl-5 text-sm text-ink-2 marker:text-ink-3">
        {steps.map((step) => (
          <li key={step} className="wrap-anywhere">
            {step}
          </li>
        ))}
      </ol>
      <CopyBlock text={text} label={`what ${sourceName(kind)} needs`} />
    </div>
  );
}

function NewSource({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [kind, setKind] = useState<TokenSource>("alertmanager");
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: () => call("POST", PATHS.ALERT_SOURCES, { body: { kind } }),
    onSettled: () => client.invalidateQueries({ queryKey: alertSourcesQuery.queryKey }),
  });
  return (
    <SecretDialog
      wide
      open={open}
      onClose={onClose}
      titles={{ before: "New alert source", made: "Its token" }}
      description="PagerDuty and GitHub need none: they sign their requests."
      busy={make.isPending}
      onCreate={() => make.mutate()}
      secret={make.data?.token}
      secretLabel="The token"
      afterwards={<Steps kind={kind} token={make.data?.token} />}
    >
      <div className="grid gap-1.5">
        <span className="text-sm font-medium">Kind</span>
        <Select label="Kind" value={kind} options={options(TOKEN_SOURCES)} onChange={setKind} />
      </div>
    </SecretDialog>
  );
}
