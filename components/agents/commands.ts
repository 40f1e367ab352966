"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { AgentCommand } from "@/lib/contracts/agents";
import { api } from "@/components/api";
import { toast } from "@/components/ui/toast";

export interface CommandText {
  verb: string;
  title: string;
  means: string;
  done: string;
  danger?: boolean;
}

/** What each act on an agent is called, and what it will and will not do. */
export const COMMANDS: Record<AgentCommand, CommandText> = {
  quarantine: {
    verb: "Quarantine",
    title: "Quarantine this agent?",
    means:
      "It is told to stop: the tool call that runs may finish, then its runs end. It stays held until a person releases it or it is healed.",
    done: "Told to stop. Containment shows how far that got.",
    danger: true,
  },
  release: {
    verb: "Release",
    title: "Release this agent?",
    means: "It may run again at once, without probation. What is open about it is closed as decided by you.",
    done: "Released.",
  },
  pause: {
    verb: "Pause",
    title: "Pause this agent?",
    means: "Its runs wait at their next step and go on from there when it is resumed.",
    done: "Told to pause.",
  },
  resume: {
    verb: "Resume",
    title: "Resume this agent?",
    means: "Its runs go on from where they wait.",
    done: "Told to resume.",
  },
  heal: {
    verb: "Heal now",
    title: "Heal this agent now?",
    means: "The next action of its ladder is carried out with your consent, then measured on fresh vitals.",
    done: "Healing begins.",
  },
  lift: {
    verb: "Lift restrictions",
    title: "Lift this agent’s restrictions?",
    means: "Revoked tools come back, autonomy is full again, and the prompt is the host’s own.",
    done: "Restrictions lifted.",
  },
  accept_downgrade: {
    verb: "Accept",
    title: "Accept what the host asks?",
    means: "From now on the agent is treated as its host says. This loosens its containment.",
    done: "Accepted.",
    danger: true,
  },
  refuse_downgrade: {
    verb: "Refuse",
    title: "Refuse what the host asks?",
    means: "Nothing changes. Should its host ask again, it is shown again.",
    done: "Refused.",
  },
  expected: {
    verb: "Mark as expected",
    title: "Was this change expected?",
    means:
      "The newest change is taken as declared: a new level of normal starts from it, and what coincides with it is not an alarm.",
    done: "Marked as expected.",
  },
};

/** Sends a person's act on an agent; what it changed comes back by the stream and by reading again. */
export function useAgentCommand(agentId: string, command: AgentCommand, onDone?: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (reason: string) => api.command(agentId, command, reason.trim() || undefined),
    onSuccess: () => {
      toast.success(`${agentId}: ${COMMANDS[command].done}`);
      onDone?.();
    },
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["agents"] }),
        client.invalidateQueries({ queryKey: ["agent", agentId] }),
      ]),
  });
}
