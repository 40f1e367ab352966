import type { AgentAction } from "@/lib/core/base/vocabulary";
import type { AgentActionSpec } from "./action";
import { cloneAgent } from "./clone-agent";
import { manual } from "./manual";
import { notify } from "./notify";
import { reduceAutonomy } from "./reduce-autonomy";
import { resetMemory } from "./reset-memory";
import { revokeTools } from "./revoke-tools";
import { rollbackPrompt } from "./rollback-prompt";
import { wait } from "./wait";

/** Everything that Sentinel can do to heal an agent. What is not in here does not exist. `perform.ts` carries it out. */
export const ACTIONS: Readonly<Record<AgentAction | "manual", AgentActionSpec<unknown>>> = {
  reset_memory: resetMemory,
  rollback_prompt: rollbackPrompt,
  reduce_autonomy: reduceAutonomy,
  revoke_tools: revokeTools,
  clone_agent: cloneAgent,
  wait,
  notify,
  manual,
};
