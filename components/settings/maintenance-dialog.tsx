"use client";

import { useMutation } from "@tanstack/react-query";
import { format } from "date-fns";
import { useState } from "react";
import { PATHS } from "@/lib/contracts/paths";
import { ApiError, call } from "@/components/api";
import { useRefreshAfter } from "@/components/live/refresh-after";
import { Choice, Dialog } from "@/components/ui/dialog";
import { Field, Input, Textarea } from "@/components/ui/field";
import { useNow } from "@/components/ui/now";
import { toast } from "@/components/ui/toast";

/** How long a window lasts unless something else is chosen, in ms. */
const USUAL_MS = 60 * 60_000;
/** As a date and time field wants it, in the reader's zone. */
const forField = (at: number) => format(at, "yyyy-MM-dd'T'HH:mm");

/** Opens a maintenance window. Give it a new `key` each time it opens, so that its times are of then. */
export function MaintenanceDialog({
  open,
  service: given,
  onClose,
}: {
  open: boolean;
  /** What it is for, where that is already known. */
  service?: string;
  onClose: () => void;
}) {
  const now = useNow();
  const [service, setService] = useState(given ?? "");
  const [starts, setStarts] = useState("");
  const [ends, setEnds] = useState(() => forField(now + USUAL_MS));
  const [note, setNote] = useState("");
  const make = useMutation({
    mutationFn: () =>
      call("POST", PATHS.MAINTENANCE, {
        body: {
          service,
          ends_at: new Date(ends).getTime(),
          ...(starts === "" ? {} : { starts_at: new Date(starts).getTime() }),
          ...(note.trim() === "" ? {} : { note: note.trim() }),
        },
      }),
    onSuccess: () => {
      toast.success(`Maintenance window for ${service} created.`);
      onClose();
    },
    onSettled: useRefreshAfter("maintenance.opened"),
    meta: { quiet: true },
  });
  const fault = make.error instanceof ApiError ? make.error : null;
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => (next ? undefined : onClose())}
      title="New maintenance window"
      description="Alerts for these services are recorded but open no incident. Alerts still firing at the end open one then."
      footer={
        <Choice onCancel={onClose} type="submit" form="new-window" busy={make.isPending}>
          Create window
        </Choice>
      }
    >
      <form
        id="new-window"
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <Field
          id="window-service"
          label="Service"
          hint="A name; * matches any part of it."
          error={fault?.field("service") ?? (fault && !fault.problem?.errors ? fault.message : undefined)}
        >
          <Input
            id="window-service"
            required
            maxLength={200}
            autoComplete="off"
            value={service}
            onChange={(event) => setService(event.target.value)}
          />
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field id="window-starts" label="Starts" hint="Empty: now." error={fault?.field("starts_at")}>
            <Input
              id="window-starts"
              type="datetime-local"
              value={starts}
              onChange={(event) => setStarts(event.target.value)}
            />
          </Field>
          <Field id="window-ends" label="Ends" error={fault?.field("ends_at")}>
            <Input
              id="window-ends"
              type="datetime-local"
              required
              value={ends}
              onChange={(event) => setEnds(event.target.value)}
            />
          </Field>
        </div>
        <Field id="window-note" label="Note" error={fault?.field("note")}>
          <Textarea id="window-note" maxLength={1000} value={note} onChange={(event) => setNote(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}
