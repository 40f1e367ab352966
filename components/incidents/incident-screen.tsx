"use client";

import { useQuery } from "@tanstack/react-query";
import { Ellipsis, Eye, Hourglass } from "lucide-react";
import Link from "next/link";
import { type ReactNode, useState } from "react";
import type { IncidentCommand, IncidentDetail } from "@/lib/contracts/incidents";
import { useSession } from "@/components/access/session";
import { DecisionDialog, type Deciding } from "@/components/approvals/decision-dialog";
import { useDrill } from "@/components/drills/world";
import { FreezeLink } from "./freeze-link";
import { ChangesTable, changeLine } from "@/components/changes/changes-table";
import { WouldHave } from "@/components/scores/would-have";
import { ScoresPanel } from "@/components/scores/scores-panel";
import { Asking } from "@/components/spend/asking";
import { NotLoaded } from "@/components/shell/not-loaded";
import { PageHead } from "@/components/shell/page-head";
import { IncidentBadge, ModeBadge, Severity } from "@/components/status/badges";
import { ServiceIncidentScreen } from "@/components/service-incident/service-incident-screen";
import { ACTION, ANOMALY, name } from "@/components/status/words";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/feedback";
import { duration } from "@/components/ui/format";
import { Menu, MenuItem } from "@/components/ui/menu";
import { Panel } from "@/components/ui/panel";
import { Body, HeadRow, Row, Table, TimeCell } from "@/components/ui/table";
import { Ago, Clock } from "@/components/ui/time";
import { ActionsPanel } from "./actions-panel";
import { IncidentCommandDialog } from "./command-dialog";
import { DiagnosisPanel, FindingsPanel } from "./diagnosis-panel";
import { Ownership, OwnershipDialog, OwnershipItems, type OwnershipQuestion } from "./ownership";
import { incidentQuery } from "./queries";
import { PostmortemPanel } from "./postmortem-panel";
import { canInvestigateAgain, isClosed, isHealable } from "./standing";
import { Timeline } from "./timeline";

/** `above` stands between the head of an incident of services and all that is known of it. */
export function IncidentScreen({ id, above }: { id: string; above?: ReactNode }) {
  const { data, error, refetch } = useQuery(incidentQuery(id, useDrill()));
  if (!data)
    return (
      <NotLoaded
        what="incident"
        all="/incidents"
        missing="No incident has this ID."
        error={error}
        onRetry={() => void refetch()}
      />
    );
  return data.incident.kind === "service" ? (
    <ServiceIncidentScreen detail={data} above={above} />
  ) : (
    <Loaded detail={data} />
  );
}

function Loaded({ detail }: { detail: IncidentDetail }) {
  const { incident } = detail;
  const { decides } = useSession();
  const [command, setCommand] = useState<IncidentCommand | null>(null);
  const [question, setAsked] = useState<OwnershipQuestion | null>(null);
  const [deciding, setDeciding] = useState<Deciding | null>(null);
  const open = !isClosed(incident.state);
  const ofBudget = incident.kind === "budget";
  const asked = detail.proposals.find(({ approval }) => approval?.state === "pending");
  const decide = (decision: "approve" | "reject") =>
    asked?.approval && setDeciding({ approvalId: asked.approval.id, digest: asked.digest, decision });
  return (
    <>
      <PageHead
        above={
          <Link href="/incidents" className="hover:text-ink hover:underline">
            Incidents
          </Link>
        }
        title={incident.title}
        lead={
          <span className="flex flex-wrap items-center gap-2">
            <IncidentBadge state={incident.state} />
            <Severity value={incident.severity} />
            <ModeBadge mode={incident.mode} />
            <Ownership incident={incident} />
            {incident.outcome ? <span className="text-sm">{incident.outcome}</span> : null}
          </span>
        }
        actions={
          <>
            {detail.limit || ofBudget ? null : <FreezeLink id={incident.id} />}
            {decides && open ? (
              <>
                <Menu icon={<Ellipsis aria-hidden />} label="More actions">
                  <OwnershipItems incident={incident} onAsk={setAsked} />
                  {!detail.limit && !ofBudget && canInvestigateAgain(incident.state) ? (
                    <MenuItem onClick={() => setCommand("investigate")}>Investigate again</MenuItem>
                  ) : null}
                  {incident.kind === "agent" ? (
                    <MenuItem onClick={() => setCommand("by_hand")}>Record an action by hand</MenuItem>
                  ) : null}
                </Menu>
                {incident.acknowledged_by === null ? (
                  <Button onClick={() => setCommand("acknowledge")}>Acknowledge</Button>
                ) : null}
                <Button onClick={() => setCommand("dismiss")}>Dismiss</Button>
                {ofBudget ? null : <Button onClick={() => setCommand("accept")}>Accept as normal</Button>}
                {asked ? (
                  <>
                    <Button onClick={() => decide("reject")}>Reject</Button>
                    <Button look="primary" onClick={() => decide("approve")}>
                      Approve: {name(ACTION, asked.action).toLowerCase()}
                    </Button>
                  </>
                ) : detail.limit ? (
                  detail.limit.waiting.length > detail.limit.allowed ? (
                    <Button look="primary" onClick={() => setCommand("allow")}>
                      Allow more quarantines
                    </Button>
                  ) : null
                ) : isHealable(incident.state) && !ofBudget ? (
                  <Button look="primary" onClick={() => setCommand("heal")}>
                    Heal now
                  </Button>
                ) : null}
              </>
            ) : null}
          </>
        }
      />
      <div className="space-y-4">
        <WouldHave incident={incident} />
        {incident.kind !== "agent" && incident.mode === "observe" && incident.would_have ? (
          <Callout tone="mute" icon={Eye} title="Observe mode: nothing was done">
            Sentinel would have {incident.would_have}.
          </Callout>
        ) : null}
        {detail.limit && open ? <Waiting limit={detail.limit} /> : null}
        {ofBudget && open ? <Asking incidentId={incident.id} /> : null}
        <Facts detail={detail} />
        <div className="grid items-start gap-4 xl:grid-cols-[1fr_24rem]">
          <div className="min-w-0 space-y-4">
            {/* Each agent that reached the limit gets an incident of its own once it is held: that one is diagnosed and healed. */}
            {detail.limit || ofBudget ? null : (
              <>
                <DiagnosisPanel detail={detail} />
                <ActionsPanel detail={detail} />
              </>
            )}
            <ScoresPanel incident={incident} />
            <AnomaliesPanel detail={detail} />
            {detail.changes.length === 0 ? null : (
              <Panel title="Changes" hint="of its agents, from one hour before it began" flush>
                <ChangesTable label="Changes" by="By" lines={detail.changes.map(changeLine)} />
              </Panel>
            )}
            <FindingsPanel detail={detail} />
            <PostmortemPanel markdown={detail.postmortem} />
          </div>
          <Timeline
            timeline={detail.timeline}
            subjects={incident.subjects.length}
            onNote={decides ? () => setCommand("note") : undefined}
          />
        </div>
      </div>
      <IncidentCommandDialog id={incident.id} kind={incident.kind} command={command} onClose={() => setCommand(null)} />
      <OwnershipDialog incident={incident} asked={question} onClose={() => setAsked(null)} />
      <DecisionDialog deciding={deciding} onClose={() => setDeciding(null)} />
    </>
  );
}

/** Who runs on because a containment limit was reached. */
function Waiting({ limit: { waiting, allowed } }: { limit: NonNullable<IncidentDetail["limit"]> }) {
  if (waiting.length === 0) return null;
  return (
    <Callout
      tone="warn"
      icon={Hourglass}
      title={`${waiting.length} ${waiting.length === 1 ? "agent keeps" : "agents keep"} running: the limit on automatic quarantines is reached`}
    >
      {waiting.slice(0, NAMED).join(", ")}
      {waiting.length > NAMED ? ` and ${waiting.length - NAMED} more` : ""}. The most severe is quarantined as soon as
      the limits allow.
      {allowed > 0 ? ` ${allowed} more ${allowed === 1 ? "quarantine is" : "quarantines are"} allowed.` : ""}
    </Callout>
  );
}

const Fact = ({ label, children }: { label: string; children: ReactNode }) => (
  <div className="min-w-0 bg-surface px-4 py-2.5">
    <dt className="eyebrow">{label}</dt>
    <dd className="num text-sm">{children}</dd>
  </div>
);

/** How many subjects are named before the rest is counted. */
const NAMED = 12;

function Facts({ detail: { incident } }: { detail: IncidentDetail }) {
  const after = (at: number | null) =>
    at === null ? <span className="text-ink-3">not yet</span> : `after ${duration(at - incident.onset_at)}`;
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-[0.625rem] border bg-line lg:grid-cols-5">
      <Fact label="Started">
        <Clock at={incident.onset_at} />
      </Fact>
      <Fact label="Contained">{after(incident.contained_at)}</Fact>
      <Fact label="Recovered">{after(incident.healed_at)}</Fact>
      <Fact label={incident.closed_at === null ? "Open for" : "Closed"}>
        {incident.closed_at === null ? <Ago at={incident.opened_at} suffix="" /> : after(incident.closed_at)}
      </Fact>
      <div className="col-span-2 min-w-0 bg-surface px-4 py-2.5 lg:col-span-1">
        <dt className="eyebrow">{incident.subjects.length > 1 ? `${incident.subjects.length} subjects` : "Subject"}</dt>
        <dd className="flex flex-wrap gap-x-2 text-sm">
          {incident.subjects.slice(0, NAMED).map((subject) =>
            subject.kind === "agent" ? (
              <Link
                key={subject.id}
                href={`/agents/${encodeURIComponent(subject.id)}`}
                className="wrap-anywhere hover:underline"
              >
                {subject.id}
              </Link>
            ) : (
              <span key={subject.id}>{subject.id}</span>
            ),
          )}
          {incident.subjects.length > NAMED ? (
            <span className="text-ink-3">and {incident.subjects.length - NAMED} more</span>
          ) : null}
        </dd>
      </div>
    </dl>
  );
}

function AnomaliesPanel({ detail: { anomalies, incident } }: { detail: IncidentDetail }) {
  if (anomalies.length === 0) return null;
  const several = incident.subjects.length > 1;
  return (
    <Panel title="Anomalies" flush>
      <Table label="Anomalies">
        <HeadRow>
          <th>At</th>
          {several ? <th>Agent</th> : null}
          <th>Type</th>
          <th>Severity</th>
          <th>Measured</th>
        </HeadRow>
        <Body>
          {anomalies.map((anomaly) => (
            <Row key={anomaly.id}>
              <TimeCell at={anomaly.at} />
              {several ? <td className="max-w-40 truncate">{anomaly.agent_id}</td> : null}
              <td className="whitespace-nowrap">{name(ANOMALY, anomaly.type)}</td>
              <td>
                <Severity value={anomaly.severity} />
              </td>
              <td className="min-w-64 text-ink-2">{anomaly.text}</td>
            </Row>
          ))}
        </Body>
      </Table>
    </Panel>
  );
}
