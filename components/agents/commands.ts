"use client";

import { useMutation } from "@tanstack/react-query";
import type { AgentCommand, AgentCommandBody } from "@/lib/contracts/agent-commands";
import { PATHS } from "@/lib/contracts/paths";
import { call } from "@/components/api";
import { useRefreshAfter } from "@/components/live/refresh-after";
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
    means: "The agent is ordered to stop. It stays quarantined until somebody releases it or it is healed.",
    done: "Quarantine sent. See Containment for its progress.",
    danger: true,
  },
  release: {
    verb: "Release",
    title: "Release this agent?",
    means:
      "It may run again immediately, without probation. Its open incident is closed and recorded as your decision.",
    done: "Released.",
  },
  pause: {
    verb: "Pause",
    title: "Pause this agent?",
    means: "Its runs pause at their next step and continue from there when it is resumed.",
    done: "Pause sent.",
  },
  resume: {
    verb: "Resume",
    title: "Resume this agent?",
    means: "Its runs continue where they paused.",
    done: "Resume sent.",
  },
  heal: {
    verb: "Heal now",
    title: "Heal this agent now?",
    means: "The next remediation step is run with your approval, then measured on fresh vitals.",
    done: "Healing started.",
  },
  lift: {
    verb: "Lift restrictions",
    title: "Lift this agent’s restrictions?",
    means: "Revoked tools are restored, autonomy limits are removed, and the host’s own prompt applies.",
    done: "Restrictions lifted.",
  },
  accept_downgrade: {
    verb: "Accept",
    title: "Accept the host’s request?",
    means: "From now on the agent is treated as its host requests. This weakens its containment.",
    done: "Accepted.",
    danger: true,
  },
  refuse_downgrade: {
    verb: "Decline",
    title: "Decline the host’s request?",
    means: "Nothing changes. If the host asks again, the request is shown again.",
    done: "Declined.",
  },
  expected: {
    verb: "Mark as expected",
    title: "Was this change expected?",
    means:
      "The latest change is treated as declared: a new baseline starts from it, and anomalies that coincide with it raise no alarm.",
    done: "Marked as expected.",
  },
};

/** Sends a person's act on an agent; what it changed comes back by the stream and by reading again. */
export function useAgentCommand(agentId: string, command: AgentCommand, onDone?: () => void) {
  return useMutation({
    mutationFn: ({ reason = "", level, hand_over_to }: AgentCommandBody) =>
      call("POST", PATHS.AGENT_COMMAND, {
        params: { id: agentId, command },
        body: {
          ...(reason.trim() && { reason: reason.trim() }),
          ...(level && { level }),
          ...(hand_over_to?.trim() && { hand_over_to: hand_over_to.trim() }),
        },
      }),
    onSuccess: () => {
      toast.success(`${agentId}: ${COMMANDS[command].done}`);
      onDone?.();
    },
    onSettled: useRefreshAfter("agent.directed", { agent_id: agentId }),
  });
}
