import type { AgentAction } from "@/lib/core/base/vocabulary";
import type { Action } from "./action";
import { cloneAgent } from "./clone-agent";
import { manual } from "./manual";
import { notify } from "./notify";
import { reduceAutonomy } from "./reduce-autonomy";
import { resetMemory } from "./reset-memory";
import { revokeTools } from "./revoke-tools";
import { rollbackPrompt } from "./rollback-prompt";

/** Everything that Sentinel can do to heal. What is not in here does not exist. Risks are in `core/ladder`. */
export const ACTIONS = {
  reset_memory: resetMemory,
  rollback_prompt: rollbackPrompt,
  reduce_autonomy: reduceAutonomy,
  revoke_tools: revokeTools,
  clone_agent: cloneAgent,
  wait: notify,
  notify,
  manual,
} as const satisfies Record<AgentAction | "manual", Action>;
