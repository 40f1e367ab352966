"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { PATHS } from "@/lib/contracts/paths";
import { ApiError, call } from "@/components/api";
import { Choice, Dialog } from "@/components/ui/dialog";
import { Field, Input } from "@/components/ui/field";
import { toast } from "@/components/ui/toast";
import { PASSWORD } from "./password";

/** Mounted when it opens, so that nothing that was typed outlives it. */
export function PasswordDialog({ onClose }: { onClose: () => void }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = useMutation({
    mutationFn: () => call("POST", PATHS.CHANGE_PASSWORD, { body: { current_password: current, new_password: next } }),
    onSuccess: () => {
      toast.success("Password changed. Your other sessions have ended.");
      onClose();
    },
    meta: { quiet: true },
  });
  const fault = change.error instanceof ApiError ? change.error : null;
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="Change password"
      footer={
        <Choice onCancel={onClose} type="submit" form="password" busy={change.isPending}>
          Change
        </Choice>
      }
    >
      <form
        id="password"
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <Field
          id="current-password"
          label="Current password"
          error={fault?.field("current_password") ?? (fault && !fault.problem?.errors ? fault.message : undefined)}
        >
          <Input
            id="current-password"
            type="password"
            autoComplete="current-password"
            required
            value={current}
            onChange={(event) => setCurrent(event.target.value)}
          />
        </Field>
        <Field
          id="new-password"
          label="New password"
          hint={`At least ${PASSWORD.min} characters.`}
          error={fault?.field("new_password")}
        >
          <Input
            id="new-password"
            type="password"
            autoComplete="new-password"
            required
            minLength={PASSWORD.min}
            maxLength={PASSWORD.max}
            value={next}
            onChange={(event) => setNext(event.target.value)}
          />
        </Field>
      </form>
    </Dialog>
  );
}
