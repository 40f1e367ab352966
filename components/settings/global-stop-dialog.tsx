"use client";

import { AlertDialog, Choice } from "@/components/ui/dialog";
import { useSaveSettings } from "./save";

/** Asks before the global stop is switched. `on`: it is on now. */
export function GlobalStopDialog({
  on,
  open,
  onOpenChange,
}: {
  on: boolean;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const save = useSaveSettings(() => onOpenChange(false));
  return (
    <AlertDialog
      open={open}
      onOpenChange={onOpenChange}
      title={on ? "Resume automatic actions?" : "Stop all automatic actions?"}
      description={
        on
          ? "Automatic containment and healing resume within seconds, for types whose mode allows them."
          : "From now on nothing is contained or healed automatically, for the whole fleet. Everybody sees a banner while it is on."
      }
      footer={
        <Choice
          onCancel={() => onOpenChange(false)}
          look={on ? "primary" : "danger"}
          busy={save.isPending}
          onClick={() => save.mutate({ global_stop: !on })}
        >
          {on ? "Resume" : "Stop"}
        </Choice>
      }
    />
  );
}
