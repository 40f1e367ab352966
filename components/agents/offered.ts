import type { AgentCard } from "@/lib/contracts/agents";
import type { AgentCommand } from "@/lib/contracts/agent-commands";

/** States in which a release by hand means something. */
const RELEASABLE: readonly string[] = ["quarantined", "healing", "probation", "exhausted", "suspected"];
const HELD: readonly string[] = ["quarantined", "exhausted"];

/** What a person may do at once with an agent that is in such a state, the mildest first. */
export const offeredFor = ({ state, paused }: Pick<AgentCard, "state" | "paused">): AgentCommand[] => [
  paused ? "resume" : "pause",
  ...(RELEASABLE.includes(state) ? (["release"] as const) : []),
  ...(HELD.includes(state) ? [] : (["quarantine"] as const)),
];
