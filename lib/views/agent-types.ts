import { and, count, eq, isNull } from "drizzle-orm";
import type { z } from "zod";
import type { AgentTypesAnswer } from "@/lib/contracts/agent-types";
import { LABELS_COUNT_DAYS, wouldHavePrecision } from "@/lib/core/scoring/would-have";
import type { Db } from "@/lib/db/client";
import { agents, agentTypes } from "@/lib/db/schema";
import { countWouldHave } from "@/lib/db/queries/scores";
import { lookAlikes } from "@/lib/db/queries/look-alikes";

/** Every known type, how it is treated, how many agents of it are in service, and how good its would-have holds were. */
export async function listAgentTypes(db: Db, now: number): Promise<z.infer<typeof AgentTypesAnswer>["types"]> {
  const [rows, lookAlike, labels] = await Promise.all([
    db
      .select({
        type: agentTypes.type,
        mode: agentTypes.mode,
        threshold: agentTypes.threshold,
        allows: agentTypes.allows,
        floor: agentTypes.floor,
        act_hours: agentTypes.actHours,
        act_actions: agentTypes.actActions,
        level: agentTypes.level,
        agents: count(agents.id),
      })
      .from(agentTypes)
      .leftJoin(agents, and(eq(agents.type, agentTypes.type), isNull(agents.retiredAt)))
      .groupBy(agentTypes.type)
      .orderBy(agentTypes.type),
    lookAlikes(db, "agent_types"),
    countWouldHave(db, now - LABELS_COUNT_DAYS * 86_400_000),
  ]);
  return rows.map((row) => ({
    ...row,
    looks_like: lookAlike(row.type),
    would_have: wouldHavePrecision(labels.get(row.type) ?? { right: 0, wrong: 0, unlabelled: 0 }),
  }));
}
