"use client";

import { useMutation } from "@tanstack/react-query";
import { AlertDialog, Choice } from "./dialog";
import { toast } from "./toast";

/**
 * Asks before something is deleted, removed or revoked, and does it: the one question of this kind, so that it looks the same
 * everywhere. It closes once that has worked; a failure is told as for every mutation, and the dialog stays for another try.
 */
export function ConfirmDialog<Answer>({
  open,
  onClose,
  title,
  consequence,
  verb,
  run,
  done,
  onSettled,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  /** What no longer works from then on, and what stays. */
  consequence: string;
  /** On the button: Delete, Remove, Revoke. */
  verb: string;
  run: () => Promise<Answer>;
  /** What is told afterwards. */
  done: (answer: Answer) => string;
  /** Reads anew what changed. */
  onSettled: () => unknown;
}) {
  const act = useMutation({
    mutationFn: run,
    onSuccess: (answer) => {
      toast.success(done(answer));
      onClose();
    },
    onSettled,
  });
  return (
    <AlertDialog
      open={open}
      onOpenChange={(next) => (next ? undefined : onClose())}
      title={title}
      description={consequence}
      footer={
        <Choice onCancel={onClose} look="danger" busy={act.isPending} onClick={() => act.mutate()}>
          {verb}
        </Choice>
      }
    />
  );
}
