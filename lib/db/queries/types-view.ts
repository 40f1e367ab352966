import { and, count, eq, isNull } from "drizzle-orm";
import type { z } from "zod";
import type { AgentTypesAnswer } from "@/lib/contracts/agents";
import type { Db } from "../client";
import { agents, agentTypes } from "../schema";

/** Every known type, how it is treated, and how many agents of it are in service. */
export async function listAgentTypes(db: Db): Promise<z.infer<typeof AgentTypesAnswer>["types"]> {
  return db
    .select({
      type: agentTypes.type,
      mode: agentTypes.mode,
      threshold: agentTypes.threshold,
      allows: agentTypes.allows,
      floor: agentTypes.floor,
      agents: count(agents.id),
    })
    .from(agentTypes)
    .leftJoin(agents, and(eq(agents.type, agentTypes.type), isNull(agents.retiredAt)))
    .groupBy(agentTypes.type)
    .orderBy(agentTypes.type);
}
