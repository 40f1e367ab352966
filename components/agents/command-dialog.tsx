"use client";

import { useState } from "react";
import type { AgentCommand } from "@/lib/contracts/agents";
import { AlertDialog, Choice } from "@/components/ui/dialog";
import { Field, Textarea } from "@/components/ui/field";
import { COMMANDS, useAgentCommand } from "./commands";

/** Asks before an act on an agent, with room for the reason that its history will keep. `command` null: closed. */
export function CommandDialog({
  agentId,
  command,
  onClose,
}: {
  agentId: string;
  command: AgentCommand | null;
  onClose: () => void;
}) {
  const [shown, setShown] = useState(command);
  if (command !== null && command !== shown) setShown(command);
  return shown === null ? null : (
    <Asking key={shown} agentId={agentId} command={shown} open={command !== null} onClose={onClose} />
  );
}

function Asking({
  agentId,
  command,
  open,
  onClose,
}: {
  agentId: string;
  command: AgentCommand;
  open: boolean;
  onClose: () => void;
}) {
  const [reason, setReason] = useState("");
  const { verb, title, means, danger } = COMMANDS[command];
  const act = useAgentCommand(agentId, command, () => {
    setReason("");
    onClose();
  });
  return (
    <AlertDialog
      open={open}
      onOpenChange={(next) => (next ? undefined : onClose())}
      title={title}
      description={means}
      footer={
        <Choice
          onCancel={onClose}
          look={danger ? "danger" : "primary"}
          busy={act.isPending}
          onClick={() => act.mutate(reason)}
        >
          {verb}
        </Choice>
      }
    >
      <p className="mb-3 rounded-md bg-sunken px-2.5 py-2 font-mono text-xs wrap-anywhere">{agentId}</p>
      <Field id="command-reason" label="Reason" hint="Recorded in the history with your name.">
        <Textarea
          id="command-reason"
          value={reason}
          maxLength={500}
          onChange={(event) => setReason(event.target.value)}
        />
      </Field>
    </AlertDialog>
  );
}
