"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { IncidentSummary } from "@/lib/contracts/incidents";
import { PATHS } from "@/lib/contracts/paths";
import { useSession } from "@/components/access/session";
import { ApiError, call } from "@/components/api";
import { useRefreshAfter } from "@/components/live/refresh-after";
import { Choice, Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { duration } from "@/components/ui/format";
import { MenuItem } from "@/components/ui/menu";
import { useOpening } from "@/components/ui/opening";
import { useNow } from "@/components/ui/now";
import { Select } from "@/components/ui/select";
import { Ago, Clock } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { assigneesQuery } from "./queries";

/** Whose an incident is, who works on it, and until when nobody is paged about it. */
export function Ownership({ incident }: { incident: IncidentSummary }) {
  const now = useNow();
  const { acknowledged_at: at, acknowledged_by: by, assignee, snoozed_until: until } = incident;
  return (
    <>
      {assignee === null ? null : <span className="num text-xs text-ink-2">assigned to {assignee.name}</span>}
      {at === null || by === null ? null : (
        <span className="num text-xs text-ink-3">
          acknowledged by {by} <Ago at={at} />
        </span>
      )}
      {until === null || until <= now || incident.closed_at !== null ? null : (
        <span className="num text-xs text-warn">
          snoozed until <Clock at={until} />
        </span>
      )}
    </>
  );
}

export type OwnershipQuestion = "assign" | "snooze";

/** What a menu of an open incident offers. */
export function OwnershipItems({
  incident,
  onAsk,
}: {
  incident: IncidentSummary;
  onAsk: (question: OwnershipQuestion) => void;
}) {
  const { user } = useSession();
  const patch = usePatch(incident.id);
  const isSnoozed = incident.snoozed_until !== null && incident.snoozed_until > useNow();
  return (
    <>
      {user && incident.assignee?.id !== user.id ? (
        <MenuItem onClick={() => patch.mutate({ assignee: user.id })}>Assign to me</MenuItem>
      ) : null}
      <MenuItem onClick={() => onAsk("assign")}>Assign…</MenuItem>
      {isSnoozed ? (
        <MenuItem onClick={() => patch.mutate({ snoozed_until: null })}>End snooze</MenuItem>
      ) : (
        <MenuItem onClick={() => onAsk("snooze")}>Snooze pages…</MenuItem>
      )}
    </>
  );
}

const HOUR = 3_600_000;
const SNOOZES = [HOUR / 2, HOUR, 4 * HOUR, 12 * HOUR, 24 * HOUR];
const NOBODY = "";

/** Asks to whom an incident goes, or for how long its pages wait. `asked` null: closed. */
export function OwnershipDialog({
  incident,
  asked,
  onClose,
}: {
  incident: IncidentSummary;
  asked: OwnershipQuestion | null;
  onClose: () => void;
}) {
  const { shown, nth } = useOpening(asked);
  return shown === null ? null : (
    <Asking key={nth} incident={incident} asked={shown} open={asked !== null} onClose={onClose} />
  );
}

function Asking({
  incident,
  asked,
  open,
  onClose,
}: {
  incident: IncidentSummary;
  asked: OwnershipQuestion;
  open: boolean;
  onClose: () => void;
}) {
  const assigning = asked === "assign";
  const present = incident.assignee;
  const [to, setTo] = useState(present?.id ?? NOBODY);
  const [span, setSpan] = useState(String(HOUR));
  const { data } = useQuery({ ...assigneesQuery, enabled: open && assigning });
  const patch = usePatch(incident.id, onClose);
  const people = data?.people ?? [];
  // Whoever has it may no longer be one of those who can be given it.
  const others = present === null || people.some(({ id }) => id === present.id) ? [] : [present];
  const error = patch.error instanceof ApiError ? patch.error.message : undefined;
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => (next ? undefined : onClose())}
      title={assigning ? "Assign this incident" : "Snooze its pages"}
      description={
        assigning
          ? "Operators and admins can be assigned."
          : "Nobody is paged about this incident until then. If it is still open and unanswered at the end, one page says so. Detection, quarantine and healing go on."
      }
      footer={
        <Choice
          onCancel={onClose}
          busy={patch.isPending}
          disabled={assigning && data === undefined}
          onClick={() =>
            patch.mutate(
              assigning ? { assignee: to === NOBODY ? null : to } : { snoozed_until: Date.now() + Number(span) },
            )
          }
        >
          {assigning ? "Assign" : "Snooze"}
        </Choice>
      }
    >
      <Field id="ownership" label={assigning ? "Person" : "For"} error={error}>
        {assigning ? (
          <Select
            id="ownership"
            label="Person"
            value={to}
            onChange={setTo}
            disabled={data === undefined}
            options={[
              { value: NOBODY, label: "Nobody" },
              ...[...others, ...people].map(({ id, name }) => ({ value: id, label: name })),
            ]}
          />
        ) : (
          <Select
            id="ownership"
            label="For"
            value={span}
            onChange={setSpan}
            options={SNOOZES.map((ms) => ({ value: String(ms), label: duration(ms) }))}
          />
        )}
      </Field>
    </Dialog>
  );
}

function usePatch(id: string, onDone?: () => void) {
  return useMutation({
    mutationFn: (body: { assignee?: string | null; snoozed_until?: number | null }) =>
      call("PATCH", PATHS.INCIDENT, { params: { id }, body }),
    onSuccess: ({ incident: { assignee } }, body) => {
      if (body.assignee !== undefined)
        toast.success(assignee === null ? "Assigned to nobody." : `Assigned to ${assignee.name}.`);
      else toast.success(body.snoozed_until === null ? "Snooze ended." : "Snoozed.");
      onDone?.();
    },
    onSettled: useRefreshAfter("incident.assigned", { incident_id: id }),
  });
}
