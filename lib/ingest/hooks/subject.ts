import { extend, type Streak } from "@/lib/core/agents/breaker";
import { type BudgetAnswer, verdictOf } from "@/lib/response/budgets/book";
import type { HookEvent } from "./dialects";
import type { HookMemory, Session } from "./memory";
import type { Subject } from "./verdict";

/** Who asks, as far as it is known. Labels count towards the budgets of users, teams and repositories. */
export interface Asker {
  /** Null: not known yet. */
  agentId: string | null;
  type: string;
  runId: string | null;
  /** Where the run is part of another; else it is its own root. */
  rootRunId?: string | null;
  labels?: Readonly<Record<string, string>>;
}

/** A call as far as repetition is about it. */
export type Repeated = Pick<HookEvent, "kind" | "actionHash" | "callId" | "polls" | "subagent">;

/** Who asks, as memory has it at the moment of this call, and how often it asked for the same in a row: counts `event` as one more call. */
export function subjectOf(memory: HookMemory, session: Session, event: Repeated, by: Asker): Subject {
  const directive = by.agentId === null ? null : memory.directiveOf(by.agentId);
  const version = directive?.version ?? 0;
  if (version !== session.version) session.streaks.clear();
  session.version = version;
  return {
    agentId: by.agentId,
    directive,
    mode: memory.modeOf(by.type, session.lastAt),
    globalStop: memory.globalStop,
    streak: streakOf(session, event),
    budget: budgetOf(session.keyId, by, session.lastAt),
  };
}

function budgetOf(keyId: string, { agentId, type, runId, rootRunId, labels = {} }: Asker, now: number): BudgetAnswer {
  if (agentId === null) return { kind: "go" };
  const { user, team, repository } = labels;
  return verdictOf({ agentId, agentType: type, keyId, runId, rootRunId, user, team, repository }, now);
}

/** Sub-agents of a session that are counted apart; of more than this the first is forgotten. */
const STREAKS_MAX = 100;

function streakOf({ streaks }: Session, { kind, actionHash, callId, polls, subagent }: Repeated): Streak | null {
  if (kind !== "before_tool" || actionHash === null || polls) return null;
  const who = subagent ?? "";
  const streak = extend(streaks.get(who) ?? null, actionHash, callId);
  streaks.delete(who);
  streaks.set(who, streak);
  if (streaks.size > STREAKS_MAX) streaks.delete(streaks.keys().next().value!);
  return streak;
}
