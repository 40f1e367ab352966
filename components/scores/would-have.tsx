"use client";

import { useQuery } from "@tanstack/react-query";
import { Check, Eye, X } from "lucide-react";
import type { IncidentSummary } from "@/lib/contracts/incidents";
import { useSession } from "@/components/access/session";
import { useDrill } from "@/components/drills/world";
import { MODE } from "@/components/status/words";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/feedback";
import { incidentScoresQuery } from "./queries";
import { useVerdict } from "./use-verdict";

type Incident = Pick<IncidentSummary, "id" | "kind" | "mode" | "closed_at" | "contained_at" | "would_have">;

/** What Sentinel would have done in mode act, and whether that would have been right: a person says so with one click. */
export function WouldHave({ incident }: { incident: Incident }) {
  const { mode, contained_at: contained, would_have: would } = incident;
  if (incident.kind !== "agent" || mode === "act") return null;
  const nothing = mode === "observe" && contained === null;
  return (
    <Callout
      tone="mute"
      icon={Eye}
      title={`${MODE[mode]} mode: ${nothing ? "nothing was done" : "Sentinel did not quarantine the agent automatically"}`}
      actions={<Label incident={incident} />}
    >
      Sentinel would have {would ?? "quarantined it in act mode"}.
    </Callout>
  );
}

const CHOICES = [
  { right: true, label: "Right", icon: Check },
  { right: false, label: "Wrong", icon: X },
] as const;

function Label({ incident }: { incident: Incident }) {
  const { decides } = useSession();
  const { data } = useQuery(incidentScoresQuery(incident.id, incident.closed_at ?? 0, useDrill()));
  const send = useVerdict(incident);
  const asked = "Would it have been right to quarantine the agent?";
  if (data === undefined) return null;
  const { right, by } = data.hold;
  if (!decides)
    return (
      <span className="text-ink-2">{right === null ? "Not labelled" : `Labelled ${right ? "right" : "wrong"}`}</span>
    );
  return (
    <span className="flex flex-wrap items-center gap-1.5" role="group" aria-label={asked} title={asked}>
      {CHOICES.map(({ right: choice, label, icon: Icon }) => (
        <Button
          key={label}
          size="sm"
          look={right === choice ? "soft" : "plain"}
          aria-pressed={right === choice}
          title={right === choice && by !== null ? `labelled by ${by}` : undefined}
          busy={send.isPending && send.variables.hold_right === choice}
          onClick={() => right !== choice && send.mutate({ hold_right: choice })}
        >
          <Icon aria-hidden />
          {label}
        </Button>
      ))}
    </span>
  );
}
