"use client";

import { useQuery } from "@tanstack/react-query";
import { BrainCircuit, Clapperboard } from "lucide-react";
import { useRouter } from "next/navigation";
import type { DrillDetail } from "@/lib/contracts/drills";
import { IncidentScreen } from "@/components/incidents/incident-screen";
import { NotLoaded } from "@/components/shell/not-loaded";
import { OutcomeBadge } from "@/components/status/badges";
import { CAUSE, name } from "@/components/status/words";
import { Panel } from "@/components/ui/panel";
import { Clock, Until } from "@/components/ui/time";
import { DeleteDrill } from "./delete-drill";
import { CauseBadge } from "./drills-screen";
import { drillQuery } from "./queries";
import { RecordingPanel } from "./recording-panel";
import { InDrill } from "./world";

/** A drill from its alert to what it leaves: the incident's own screen, in the drill's world, below what marks it as one. */
export function DrillScreen({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(drillQuery(id));
  if (!data || (error && "status" in error && error.status === 404))
    return (
      <NotLoaded
        what="drill"
        all="/drills"
        missing="The drill was deleted manually, or automatically after a day."
        error={error}
        onRetry={() => void refetch()}
      />
    );
  return (
    <InDrill drill={id}>
      <Banner drill={data} />
      <IncidentScreen id={data.incident.id} above={<Above drill={data} />} />
    </InDrill>
  );
}

function Banner({ drill }: { drill: DrillDetail }) {
  const router = useRouter();
  return (
    <div
      role="status"
      aria-label="This is a drill"
      className="sticky top-14 z-10 -mx-4 -mt-5 mb-4 flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-proof/30 bg-proof-tint px-4 py-2 text-sm text-proof lg:-mx-6 lg:px-6"
    >
      <Clapperboard className="size-4 shrink-0" aria-hidden />
      <p className="min-w-0 flex-1 basis-64">
        <strong className="font-semibold">This is a drill.</strong>{" "}
        <span>
          “{drill.title}” is a recording replayed in a sandbox: nothing here is real, and nothing done here has an
          effect outside. Deleted <Until at={drill.expires_at} />.
        </span>
      </p>
      <DeleteDrill id={drill.id} title={drill.title} onDeleted={() => router.push("/drills")} />
    </div>
  );
}

/** What a real incident does not have: its recording as it goes on, and in the end what was behind it. */
function Above({ drill }: { drill: DrillDetail }) {
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[1fr_22rem]">
      <RecordingPanel drill={drill} />
      <div className="space-y-4">
        <Answer drill={drill} />
        <Episode drill={drill} />
      </div>
    </div>
  );
}

function Answer({ drill: { answer } }: { drill: DrillDetail }) {
  return (
    <Panel title="Actual cause" actions={<CauseBadge answer={answer} />}>
      {answer === null ? (
        <p className="text-sm text-ink-3">Hidden until the incident closes, from you and from Sentinel.</p>
      ) : (
        <p className="text-sm">
          <strong className="font-semibold">{answer.node}</strong>
          <span className="text-ink-2">: {answer.why}</span>
        </p>
      )}
    </Panel>
  );
}

function Episode({ drill: { episode } }: { drill: DrillDetail }) {
  if (episode === null) return null;
  return (
    <Panel title="Saved for similar incidents" hint="in this drill only">
      <p className="flex items-start gap-2 text-sm">
        <BrainCircuit className="mt-0.5 size-4 shrink-0 text-ink-3" aria-hidden />
        <span className="min-w-0">
          {episode.cause_kind in CAUSE ? name(CAUSE, episode.cause_kind as keyof typeof CAUSE) : episode.cause_kind}
          {episode.cause_node === null ? "" : ` at ${episode.cause_node}`}
          {episode.action ? `; ${episode.action} helped` : "; no action helped"}
        </span>
      </p>
      <p className="mt-2 flex items-center gap-2 text-xs text-ink-3">
        <OutcomeBadge outcome={episode.outcome} /> closed <Clock at={episode.closed_at} />
      </p>
    </Panel>
  );
}
