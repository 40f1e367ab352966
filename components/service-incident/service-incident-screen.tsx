"use client";

import { useQuery } from "@tanstack/react-query";
import { Ellipsis, Eye } from "lucide-react";
import Link from "next/link";
import { type ReactNode, useState } from "react";
import type { IncidentCommand, IncidentDetail } from "@/lib/contracts/incidents";
import type { ServiceStory } from "@/lib/contracts/services";
import { useSession } from "@/components/access/session";
import { DecisionDialog, type Deciding } from "@/components/approvals/decision-dialog";
import { ActionsPanel } from "@/components/incidents/actions-panel";
import { Ownership, OwnershipDialog, OwnershipItems, type OwnershipQuestion } from "@/components/incidents/ownership";
import { IncidentCommandDialog } from "@/components/incidents/command-dialog";
import { DrillBadge } from "@/components/drills/drill-badge";
import { useDrill } from "@/components/drills/world";
import { PostmortemPanel } from "@/components/incidents/postmortem-panel";
import { canInvestigateAgain, isClosed, isHealable } from "@/components/incidents/standing";
import { Timeline } from "@/components/incidents/timeline";
import { ScoresPanel } from "@/components/scores/scores-panel";
import { PageHead } from "@/components/shell/page-head";
import { IncidentBadge, ModeBadge, Severity } from "@/components/status/badges";
import { Callout, LoadError, Skeleton } from "@/components/ui/feedback";
import { duration } from "@/components/ui/format";
import { Menu, MenuItem } from "@/components/ui/menu";
import { Ago } from "@/components/ui/time";
import { ByHand } from "./by-hand";
import { CausesPanel } from "./causes-panel";
import { DependencyMap } from "./dependency-map";
import { EvidencePanel } from "./evidence-panel";
import { FirstLook } from "./first-look";
import { storyQuery } from "./queries";
import { AlertsPanel, ChangesPanel, SimilarPanel } from "./side-panels";
import { Specialists } from "./specialists";
import { refOf } from "./story";
import { WaitingBar } from "./waiting-bar";
import { WordsPanel } from "./words-panel";

/** An incident of services: what matters first on one screen, then everything that it rests on. */
export function ServiceIncidentScreen({ detail, above }: { detail: IncidentDetail; above?: ReactNode }) {
  const drill = useDrill();
  const { data: story, error, refetch } = useQuery(storyQuery(detail.incident.id, drill));
  const { incident } = detail;
  const { decides } = useSession();
  const [command, setCommand] = useState<IncidentCommand | null>(null);
  const [question, setAsked] = useState<OwnershipQuestion | null>(null);
  const [deciding, setDeciding] = useState<Deciding | null>(null);
  const asked = detail.proposals.find(({ approval }) => approval?.state === "pending");
  return (
    <>
      <div className="[&>div]:mb-3">
        <PageHead
          above={
            <Link href={drill === null ? "/incidents" : "/drills"} className="hover:text-ink hover:underline">
              {drill === null ? "Incidents" : "Drills"}
            </Link>
          }
          title={<span className="line-clamp-2 text-lg leading-6 sm:text-xl sm:leading-7">{incident.title}</span>}
          lead={
            <span className="flex flex-wrap items-center gap-2">
              {drill === null ? null : <DrillBadge />}
              <IncidentBadge state={incident.state} />
              <Severity value={incident.severity} />
              <span className="max-sm:hidden">
                <ModeBadge mode={incident.mode} />
              </span>
              <span className="num text-xs text-ink-3">
                {incident.closed_at === null ? (
                  <>
                    open for <Ago at={incident.opened_at} suffix="" />
                  </>
                ) : (
                  `closed after ${duration(incident.closed_at - incident.opened_at)}`
                )}
              </span>
              <Ownership incident={incident} />
              {incident.outcome ? <span className="text-sm">{incident.outcome}</span> : null}
              {story ? <Times times={story.times} /> : null}
              {decides && !isClosed(incident.state) ? (
                <span className="-my-1.5 ml-auto">
                  <Menu icon={<Ellipsis aria-hidden />} label="More actions">
                    {incident.acknowledged_by === null ? (
                      <MenuItem onClick={() => setCommand("acknowledge")}>Acknowledge</MenuItem>
                    ) : null}
                    {drill === null ? <OwnershipItems incident={incident} onAsk={setAsked} /> : null}
                    {isHealable(incident.state) ? (
                      <MenuItem onClick={() => setCommand("heal")}>Heal now</MenuItem>
                    ) : null}
                    {canInvestigateAgain(incident.state) ? (
                      <MenuItem onClick={() => setCommand("investigate")}>Investigate again</MenuItem>
                    ) : null}
                    <MenuItem onClick={() => setCommand("by_hand")}>Record an action by hand</MenuItem>
                    <MenuItem onClick={() => setCommand("accept")}>Accept as normal</MenuItem>
                    <MenuItem onClick={() => setCommand("dismiss")}>Dismiss</MenuItem>
                  </Menu>
                </span>
              ) : null}
            </span>
          }
        />
      </div>
      {above ? <div className="mb-4">{above}</div> : null}
      {story ? (
        <Told
          story={story}
          detail={detail}
          onNote={decides ? () => setCommand("note") : undefined}
          onDone={decides ? () => setCommand("by_hand") : undefined}
        />
      ) : error ? (
        <LoadError what="the investigation" error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton className="h-96 rounded-[0.625rem]" />
      )}
      {asked?.approval ? (
        <>
          <WaitingBar
            proposal={asked}
            decides={decides}
            onDecide={(decision) => setDeciding({ approvalId: asked.approval!.id, digest: asked.digest, decision })}
          />
          <div className="h-28 lg:hidden" aria-hidden />
        </>
      ) : null}
      <IncidentCommandDialog
        id={incident.id}
        kind={incident.kind}
        command={command}
        draft={command === "by_hand" ? (story?.by_hand?.step ?? "") : ""}
        onClose={() => setCommand(null)}
      />
      <OwnershipDialog incident={incident} asked={question} onClose={() => setAsked(null)} />
      <DecisionDialog deciding={deciding} onClose={() => setDeciding(null)} />
    </>
  );
}

/** How fast it went, from its events. */
function Times({ times }: { times: ServiceStory["times"] }) {
  const parts = [
    ["proposed", times.to_proposal_ms],
    ["acknowledged", times.to_acknowledge_ms],
    ["recovered", times.to_resolve_ms],
  ] as const;
  const known = parts.flatMap(([what, ms]) => (ms === null ? [] : [`${what} after ${duration(ms)}`]));
  return known.length > 0 ? <span className="num text-xs text-ink-3 max-sm:hidden">{known.join(", ")}</span> : null;
}

function Told({
  story,
  detail,
  onNote,
  onDone,
}: {
  story: ServiceStory;
  detail: IncidentDetail;
  onNote: (() => void) | undefined;
  onDone: (() => void) | undefined;
}) {
  const { incident, findings } = detail;
  const { decides } = useSession();
  const refs = new Map(findings.map((finding, index) => [finding.id, refOf(finding, index)]));
  return (
    <div className="space-y-4">
      <FirstLook story={story} detail={detail} />
      {story.by_hand ? <ByHand byHand={story.by_hand} findings={findings} onDone={onDone} /> : null}
      {incident.mode === "observe" && incident.would_have ? (
        <Callout tone="mute" icon={Eye} title="Observe mode: nothing was done">
          Sentinel would have {incident.would_have}.
        </Callout>
      ) : null}
      <Specialists story={story} />
      <div className="grid items-start gap-4 xl:grid-cols-[1fr_24rem]">
        <div className="min-w-0 space-y-4">
          <PostmortemPanel markdown={story.postmortem} />
          <CausesPanel story={story} refs={refs} decides={decides} />
          <ActionsPanel detail={detail} />
          <ScoresPanel incident={incident} />
          <EvidencePanel story={story} findings={findings} />
          <DependencyMap story={story} />
          <WordsPanel story={story} />
        </div>
        <div className="min-w-0 space-y-4">
          <AlertsPanel story={story} />
          <ChangesPanel story={story} />
          <SimilarPanel story={story} />
          <Timeline timeline={detail.timeline} subjects={incident.subjects.length} onNote={onNote} />
        </div>
      </div>
    </div>
  );
}
