"use client";

import { useState } from "react";
import type { AgentCommand, AgentCommandBody } from "@/lib/contracts/agent-commands";
import { HOLD_LEVELS } from "@/lib/core/base/hold-levels";
import { HOLD_LEVEL, HOLD_LEVEL_MEANS } from "@/components/status/words";
import { AlertDialog, Choice } from "@/components/ui/dialog";
import { Field, Input, Textarea } from "@/components/ui/field";
import { Select } from "@/components/ui/select";
import { useOpening } from "@/components/ui/opening";
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
  const opening = useOpening(command);
  return opening.shown === null ? null : (
    <Asking key={opening.nth} agentId={agentId} command={opening.shown} open={command !== null} onClose={onClose} />
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
  const [how, setHow] = useState<How>({});
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
          onClick={() => act.mutate({ reason, ...how })}
        >
          {verb}
        </Choice>
      }
    >
      <p className="mb-3 rounded-md bg-sunken px-2.5 py-2 font-mono text-xs wrap-anywhere">{agentId}</p>
      {command === "quarantine" ? <LevelFields how={how} onChange={setHow} /> : null}
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

type How = Pick<AgentCommandBody, "level" | "hand_over_to">;

/** How a quarantine stops the agent, and who takes over its queued tasks. */
function LevelFields({ how, onChange }: { how: How; onChange: (how: How) => void }) {
  const { level, hand_over_to: to = "" } = how;
  return (
    <div className="mb-3 grid gap-3">
      <Field
        id="command-level"
        label="Level"
        hint={
          level
            ? HOLD_LEVEL_MEANS[level]
            : "Default: the level set for its type. If the agent is already quarantined, choose the new level."
        }
      >
        <Select
          id="command-level"
          label="Quarantine level"
          value={level ?? "default"}
          options={LEVELS}
          onChange={(next) => onChange(next === "default" ? {} : { level: next })}
        />
      </Field>
      {level === "hand_over" ? (
        <Field id="command-successor" label="Hand over to" hint="An agent’s ID. Leave empty to let the host decide.">
          <Input
            id="command-successor"
            value={to}
            maxLength={200}
            onChange={(event) => onChange({ level, hand_over_to: event.target.value })}
          />
        </Field>
      ) : null}
    </div>
  );
}

const LEVELS = [
  { value: "default" as const, label: "Type default" },
  ...HOLD_LEVELS.map((value) => ({ value, label: HOLD_LEVEL[value] })),
];
