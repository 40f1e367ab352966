import { type ActionPorts, perform } from "@/lib/actions/perform";
import { actionName } from "@/lib/core/agents/words";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { directiveVersionClaim } from "@/lib/db/queries/agent-writes";
import { findDirective, getAgent } from "@/lib/db/queries/agents";
import { type AgentRun, endRunClaim, findDirectiveOfRun } from "@/lib/db/queries/healing";
import { directives } from "@/lib/db/schema";
import { nextDirective } from "./directives";

/** Races lost in a row before an action is left to the next sweep. */
const MAX_RACES = 3;

/**
 * Runs the action of a started run and records that it was sent. Safe to call again for the same run: its directive is
 * issued once. An action that throws leaves the run `failed`; verification takes it from there.
 */
export async function carryOut(
  db: Db,
  run: Pick<AgentRun, "id" | "subjectId" | "incidentId" | "action" | "args" | "by">,
  now: number,
): Promise<void> {
  const finish = (set: { state: "done" | "failed"; detail: string; version: number | null }) =>
    commit(db, {
      claims: [
        endRunClaim(db, run.id, {
          state: set.state,
          detail: set.detail,
          directiveVersion: set.version,
          endedAt: now,
        }),
      ],
      events: [
        {
          at: now,
          type: set.state === "done" ? "action.sent" : "action.failed",
          agentId: run.subjectId,
          incidentId: run.incidentId,
          text: `${actionName(run)}: ${set.detail}`,
          data: { run: run.id, version: set.version },
        },
      ],
    });
  try {
    const { version, detail } = await perform(run.action, portsOf(db, run, now), run.args);
    await finish({ state: "done", detail, version });
  } catch (error) {
    await finish({ state: "failed", detail: error instanceof Error ? error.message : String(error), version: null });
  }
}

function portsOf(
  db: Db,
  run: Pick<AgentRun, "id" | "subjectId" | "incidentId" | "action" | "args" | "by">,
  now: number,
): ActionPorts {
  return {
    directives: {
      async issue(patch) {
        for (let race = 0; race < MAX_RACES; race++) {
          const before = await findDirectiveOfRun(db, run.id);
          if (before) return { version: before.version };
          const agent = await getAgent(db, run.subjectId);
          const current = await findDirective(db, agent.id, agent.directiveVersion);
          const directive = nextDirective(
            agent,
            current,
            patch,
            {
              reason: `${actionName(run)}, by ${run.by}`,
              by: run.by,
              incidentId: run.incidentId,
              actionRunId: run.id,
            },
            now,
          );
          const won = await commit(db, {
            claims: [directiveVersionClaim(agent, directive.version)],
            writes: [db.insert(directives).values(directive)],
          });
          if (won) return { version: directive.version };
        }
        throw new Error("the directive could not be issued: concurrent changes kept conflicting");
      },
    },
  };
}
