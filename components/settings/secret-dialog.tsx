"use client";

import type { ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Choice, Dialog } from "@/components/ui/dialog";
import { Reveal } from "./reveal";

/** Makes something that has a secret, and shows the secret this once. */
export function SecretDialog({
  open,
  onClose,
  titles,
  description,
  busy,
  onCreate,
  secret,
  secretLabel,
  wide = false,
  children,
  afterwards,
}: {
  open: boolean;
  onClose: () => void;
  titles: { before: string; made: string };
  description?: string;
  busy: boolean;
  onCreate: () => void;
  /** Undefined until it was made. */
  secret: string | undefined;
  secretLabel: string;
  wide?: boolean;
  /** The fields of what is to be made. */
  children: ReactNode;
  /** Shown below the secret. */
  afterwards?: ReactNode;
}) {
  const form = `new-${secretLabel.toLowerCase().replace(/^the /, "")}`;
  return (
    <Dialog
      wide={wide}
      open={open}
      onOpenChange={(next) => (next ? undefined : onClose())}
      title={secret === undefined ? titles.before : titles.made}
      description={
        secret === undefined ? description : "Copy it now: it is kept only as a hash and cannot be shown again."
      }
      footer={
        secret === undefined ? (
          <Choice onCancel={onClose} type="submit" form={form} busy={busy}>
            Create
          </Choice>
        ) : (
          <Button look="primary" size="touch" onClick={onClose}>
            Done
          </Button>
        )
      }
    >
      {secret === undefined ? (
        <form
          id={form}
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault();
            onCreate();
          }}
        >
          {children}
        </form>
      ) : (
        <div className="space-y-4">
          <Reveal secret={secret} label={secretLabel} />
          {afterwards}
        </div>
      )}
    </Dialog>
  );
}
