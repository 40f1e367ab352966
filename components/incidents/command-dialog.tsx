"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { IncidentCommand, IncidentSummary } from "@/lib/contracts/incidents";
import { PATHS } from "@/lib/contracts/paths";
import { ApiError, call } from "@/components/api";
import { useDrill } from "@/components/drills/world";
import { useRefreshAfter } from "@/components/live/refresh-after";
import { AlertDialog, Choice } from "@/components/ui/dialog";
import { Field, Textarea } from "@/components/ui/field";
import { useOpening } from "@/components/ui/opening";
import { toast } from "@/components/ui/toast";

export const INCIDENT_COMMAND: Record<IncidentCommand, { verb: string; title: string; means: string; done: string }> = {
  acknowledge: {
    verb: "Acknowledge",
    title: "Acknowledge this incident?",
    means: "Says that you work on it: escalations end, and channels that were paged are told. Nothing else changes.",
    done: "Acknowledged.",
  },
  accept: {
    verb: "Accept as normal",
    title: "Accept this as normal?",
    means:
      "The incident is closed, the agent released, and the new level is learned as normal. A change that shows only now and then may raise an alarm once more.",
    done: "Accepted as normal. The new level is learned.",
  },
  dismiss: {
    verb: "Dismiss",
    title: "Dismiss this incident?",
    means:
      "The incident is closed and nothing is learned from it. If the values stay outside the baseline, a new incident opens.",
    done: "Dismissed.",
  },
  heal: {
    verb: "Heal now",
    title: "Heal now?",
    means: "The next remediation step is run with your approval, then measured on fresh vitals.",
    done: "Healing started.",
  },
  allow: {
    verb: "Allow more quarantines",
    title: "Quarantine the waiting agents beyond the limit?",
    means:
      "Allows as many automatic quarantines as there are agents waiting now, the most severe first. The limits themselves do not change.",
    done: "Allowed. The waiting agents are quarantined within seconds.",
  },
  investigate: {
    verb: "Investigate again",
    title: "Investigate again?",
    means: "Current evidence is gathered and replaces the earlier findings. Any pending proposal becomes void.",
    done: "Investigating again.",
  },
  by_hand: {
    verb: "Record an action",
    title: "What did you do by hand?",
    means:
      "Describe what you did outside Sentinel. The agent runs again, and the effect is measured on fresh vitals like that of any action. Any pending proposal becomes void.",
    done: "Recorded. Its effect is being measured.",
  },
  note: {
    verb: "Add note",
    title: "Add a note",
    means: "Others read it in the timeline. Nothing else changes.",
    done: "Noted.",
  },
};
/** Commands that are nothing without what the person says. */
const LABEL: Partial<Record<IncidentCommand, string>> = { by_hand: "What you did", note: "Note" };

/** Of services nothing is held and no baseline is taught: what an answer means is said as it is. */
const OF_SERVICES: Record<Exclude<IncidentCommand, "allow">, string> = {
  acknowledge: INCIDENT_COMMAND.acknowledge.means,
  accept: "The incident is closed as normal behaviour of this service. If an alert fires again, a new incident opens.",
  dismiss: "The incident is closed with a draft post-mortem. If an alert fires again, a new incident opens.",
  heal: "The proposed operation is run with your approval, then measured.",
  investigate: INCIDENT_COMMAND.investigate.means,
  note: INCIDENT_COMMAND.note.means,
  by_hand:
    "Describe what you did outside Sentinel. Its effect is measured on the signals that raised the incident, like that of any operation. Any pending proposal becomes void.",
};

/** Asks before an act on an incident. `command` null: closed. */
export function IncidentCommandDialog({
  id,
  kind,
  command,
  draft = "",
  onClose,
}: {
  id: string;
  kind: IncidentSummary["kind"];
  command: IncidentCommand | null;
  /** What the comment begins with. */
  draft?: string;
  onClose: () => void;
}) {
  const { shown, nth } = useOpening(command);
  return shown === null ? null : <Asking key={nth} id={id} kind={kind} shown={shown} draft={draft} open={command !== null} onClose={onClose} />; // prettier-ignore
}

function Asking({
  id,
  kind,
  shown,
  draft,
  open,
  onClose,
}: {
  id: string;
  kind: IncidentSummary["kind"];
  shown: IncidentCommand;
  draft: string;
  open: boolean;
  onClose: () => void;
}) {
  const [comment, setComment] = useState(draft);
  const drill = useDrill();
  const act = useMutation({
    mutationFn: (command: IncidentCommand) =>
      call("POST", PATHS.INCIDENT_COMMAND, {
        params: { id, command },
        query: { drill },
        body: comment.trim() ? { comment: comment.trim() } : {},
      }),
    onSuccess: (_answer, which) => {
      toast.success(kind === "service" && which === "accept" ? "Accepted as normal." : INCIDENT_COMMAND[which].done);
      onClose();
    },
    onSettled: useRefreshAfter("incident.dismissed", { incident_id: id }),
  });
  const text = INCIDENT_COMMAND[shown];
  return (
    <AlertDialog
      open={open}
      onOpenChange={(next) => (next ? undefined : onClose())}
      title={text.title}
      description={kind === "service" && shown !== "allow" ? OF_SERVICES[shown] : text.means}
      footer={
        <Choice
          onCancel={onClose}
          busy={act.isPending}
          disabled={shown in LABEL && comment.trim() === ""}
          onClick={() => act.mutate(shown)}
        >
          {text.verb}
        </Choice>
      }
    >
      <Field
        id="incident-comment"
        label={LABEL[shown] ?? "Comment"}
        hint="Recorded in the timeline with your name."
        error={act.error instanceof ApiError ? act.error.field("comment") : undefined}
      >
        <Textarea
          id="incident-comment"
          value={comment}
          maxLength={1000}
          onChange={(event) => setComment(event.target.value)}
        />
      </Field>
    </AlertDialog>
  );
}
