"use client";

import dynamic from "next/dynamic";
import type { AgentCommand } from "@/lib/contracts/agent-commands";
import type { Deciding } from "@/components/approvals/decision-dialog";
import { useOpening } from "@/components/ui/opening";

/** Loaded when first asked for: every screen carries the frame, few visits act from it. */
const CommandDialog = dynamic(() =>
  import("@/components/agents/command-dialog").then((module) => module.CommandDialog),
);
const DecisionDialog = dynamic(() =>
  import("@/components/approvals/decision-dialog").then((module) => module.DecisionDialog),
);
const GlobalStopDialog = dynamic(() =>
  import("@/components/settings/global-stop-dialog").then((module) => module.GlobalStopDialog),
);

/** What can be done from any screen. `stop`: `on` is how the global stop stands now. */
export type Act =
  | { kind: "command"; agentId: string; command: AgentCommand }
  | { kind: "decide"; deciding: Deciding }
  | { kind: "stop"; on: boolean };

/** Asks before it is done, in the dialog that its own screen asks with. `act` null: closed. */
export function Acts({ act, onClose }: { act: Act | null; onClose: () => void }) {
  const { shown } = useOpening(act);
  switch (shown?.kind) {
    case undefined:
      return null;
    case "command":
      return <CommandDialog agentId={shown.agentId} command={act && shown.command} onClose={onClose} />;
    case "decide":
      return <DecisionDialog deciding={act && shown.deciding} onClose={onClose} />;
    case "stop":
      return <GlobalStopDialog on={shown.on} open={act !== null} onOpenChange={(open) => open || onClose()} />;
  }
}
