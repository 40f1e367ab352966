import { type Efficacy, learn } from "@/lib/core/agents/recall";
import type { AgentAction, Diagnosis, Outcome } from "@/lib/core/base/vocabulary";
import type { Db, Statement } from "@/lib/db/client";
import type { Agent } from "@/lib/db/queries/agents";
import { listMemory, saveEfficacy } from "@/lib/db/queries/healing";

/** What one measured outcome teaches: of this agent, of its type, of the fleet. What could not be told, and what was contained and not cured, teaches nothing, nor does what a person did by hand: Sentinel cannot do it. */
export async function learnEfficacy(
  db: Db,
  agent: Pick<Agent, "id" | "type">,
  lesson: { diagnosis: Diagnosis; action: AgentAction | "manual"; outcome: Outcome },
  now: number,
): Promise<Statement[]> {
  const { action } = lesson;
  if (action === "manual") return [];
  const known = await listMemory(db, agent.id, agent.type);
  const scopes = [
    { scope: "agent", scopeId: agent.id },
    { scope: "type", scopeId: agent.type },
    { scope: "fleet", scopeId: "*" },
  ] as const;
  return scopes.flatMap(({ scope, scopeId }) => {
    const key = { scope, scopeId, diagnosis: lesson.diagnosis, action };
    const before: Efficacy | undefined = known.find(
      (e) => e.scope === scope && e.scopeId === scopeId && e.diagnosis === key.diagnosis && e.action === key.action,
    );
    if (["contained", "cannot_tell", "pending"].includes(lesson.outcome)) return [];
    const after = learn(before ?? null, key, lesson.outcome, now);
    return after ? [saveEfficacy(after)] : [];
  });
}
