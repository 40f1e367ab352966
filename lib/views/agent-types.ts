import { and, count, eq, isNull } from "drizzle-orm";
import type { z } from "zod";
import type { AgentTypesAnswer } from "@/lib/contracts/agent-types";
import type { Db } from "@/lib/db/client";
import { agents, agentTypes } from "@/lib/db/schema";
import { lookAlikes } from "@/lib/db/queries/look-alikes";

/** Every known type, how it is treated, and how many agents of it are in service. */
export async function listAgentTypes(db: Db): Promise<z.infer<typeof AgentTypesAnswer>["types"]> {
  const [rows, lookAlike] = await Promise.all([
    db
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
      .orderBy(agentTypes.type),
    lookAlikes(db, "agent_types"),
  ]);
  return rows.map((row) => ({ ...row, looks_like: lookAlike(row.type) }));
}
