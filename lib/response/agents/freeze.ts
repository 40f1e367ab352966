import type { FrozenFile } from "@/lib/contracts/frozen-case";
import { openAnswer } from "@/lib/contracts/case-answer";
import type { AgentPart, CaseAgent, CaseEvent, Order } from "@/lib/contracts/frozen-agents";
import type { Db } from "@/lib/db/client";
import { type Agent, type DirectiveRow, listAgents, listDirectivesOf, listLiveAgents } from "@/lib/db/queries/agents";
import { listDeclared } from "@/lib/db/queries/changes";
import { listEventsBefore, listEventsBetween } from "@/lib/db/queries/events";
import { type Incident, listSubjects } from "@/lib/db/queries/incidents";
import { loadPolicies, policyOf } from "@/lib/db/queries/settings";
import { onsetOfRuns } from "@/lib/db/queries/tool-evidence";
import { SentinelError } from "@/lib/errors";
import { FULL_AUTONOMY } from "./directives";

type Frozen = Omit<Extract<FrozenFile, { kind: "agent" }>, "format" | "version" | "frozen_at">;

/** Agents of a case: whom it is about, then those that are most like them, with whom they are compared. */
const AGENTS_MAX = 12;
/** Events of each agent from before it: a baseline is made of some hundred samples, and as many heartbeats lie between. */
const BEFORE_MAX = 1_500;
/** Events of each agent from then on. */
const AFTER_MAX = 4_000;
/** The recording goes on for so long after the end, ms: that long an effect is measured. */
const AFTER_MS = 15 * 60_000;

/**
 * An incident of agents as a case: what they and their peers reported before and after, a part for each thing that they were told. Throws `conflict`
 * where what they reported is no longer kept.
 */
export async function freezeAgents(db: Db, incident: Incident, now: number): Promise<Frozen> {
  const subjects = (await listSubjects(db, incident.id)).filter(({ subjectKind }) => subjectKind === "agent");
  const ids = [...subjects.filter(({ role }) => role === "primary"), ...subjects].map(({ subjectId }) => subjectId);
  const from = await onsetOfRuns(db, incident.id, incident.onsetAt);
  const until = Math.min(now, (incident.closedAt ?? now) + AFTER_MS);
  const heirs = await heirsOf(db, ids, from);
  const agents = await around(db, [...new Set(ids)], heirs, from);
  const policies = await loadPolicies(db);
  const types = new Set(agents.filter(({ id }) => ids.includes(id)).map(({ type }) => type));
  const frozen = await Promise.all(
    agents.map(async (agent) => {
      const before = await listEventsBefore(db, agent.id, from, BEFORE_MAX);
      const directives = await listDirectivesOf(db, agent.id);
      const seq = before.length > 0 ? Math.min(...before.map((row) => row.seq)) : 0;
      const rows = await listEventsBetween(db, agent.id, { from, to: until, seq, limit: AFTER_MAX });
      // Whoever took over is played from the moment at which it did.
      const parts = partsOf(rows, directives, Math.max(from, agent.firstSeenAt), until);
      const mode = types.has(agent.type) ? incident.mode : policyOf(policies, agent.type).mode;
      return {
        agent: caseAgent(
          agent,
          heirs.get(agent.id) ?? null,
          mode,
          before.map((row) => eventOf(row, null)),
        ),
        parts,
      };
    }),
  );
  if (!frozen.some(({ agent, parts }) => ids.includes(agent.id) && parts.some(({ events }) => events.length > 0)))
    throw new SentinelError("conflict", {
      detail: "The agents' events are past their retention period, so this incident cannot be exported",
    });
  const told = Math.min(
    until,
    ...frozen.flatMap(({ agent, parts }) => (ids.includes(agent.id) ? parts.slice(1, 2).map((part) => part.from) : [])),
  );
  const first = Math.min(from, ...frozen.flatMap(({ agent }) => agent.before.slice(0, 1).map(({ at }) => at)));
  const declared = await listDeclared(
    db,
    agents.map(({ id }) => id),
    first,
    told,
  );
  return {
    kind: "agent",
    id: incident.id,
    title: incident.title,
    evidence: {
      onset_at: from,
      subjects: [...new Set(ids)],
      agents: frozen.map(({ agent }) => agent),
      changes: declared.map(({ subjectId: agent, kind, from: was, to, note, at }) => ({
        agent,
        kind,
        from: was,
        to,
        note,
        at,
      })),
    },
    recording: { until, agents: frozen.map(({ agent: { id }, parts }) => ({ id, parts })) },
    answer: openAnswer(),
  };
}

/** Who took over since from these agents, or from those who had, each with whom it took over from. */
async function heirsOf(db: Db, ids: readonly string[], from: number): Promise<Map<string, string>> {
  const heirs = new Map<string, string>();
  const asked = [...new Set(ids)];
  for (const id of asked)
    for (const { successor, createdAt } of await listDirectivesOf(db, id)) {
      if (successor === null || createdAt < from || asked.includes(successor)) continue;
      heirs.set(successor, id);
      asked.push(successor);
    }
  return heirs;
}

/** Whom it is about with whoever took over from them, then peers: of their types first, then of their providers and models. */
async function around(
  db: Db,
  ids: readonly string[],
  heirs: ReadonlyMap<string, string>,
  from: number,
): Promise<Agent[]> {
  const live = await listLiveAgents(db, from);
  const known = new Map(
    [...(await listAgents(db, [...ids, ...heirs.keys()])), ...live].map((agent) => [agent.id, agent]),
  );
  const subjects = ids.flatMap((id) => known.get(id) ?? []);
  const successors = [...heirs.keys()].flatMap((id) => known.get(id) ?? []);
  const likeness = ({ type, provider, model }: Agent) =>
    Math.max(
      0,
      ...subjects.map(
        (one) => (one.type === type ? 4 : 0) + (one.provider === provider ? 2 : 0) + (one.model === model ? 1 : 0),
      ),
    );
  const peers = [...known.values()]
    .filter((agent) => !subjects.includes(agent) && !successors.includes(agent) && agent.firstSeenAt < from)
    .toSorted((a, b) => likeness(b) - likeness(a) || (a.id < b.id ? -1 : 1));
  return [...subjects, ...successors, ...peers].slice(0, Math.max(AGENTS_MAX, subjects.length + successors.length));
}

function caseAgent(agent: Agent, continues: string | null, mode: CaseAgent["mode"], before: CaseEvent[]): CaseAgent {
  // The registry has it as it is now; what it used then stands in what it reported.
  const used = before.find(({ kind, body }) => kind === "model_call" && body["prompt_hash"] !== undefined)?.body ?? {};
  const said = (field: string, otherwise: string | null) => (typeof used[field] === "string" ? used[field] : otherwise);
  return {
    id: agent.id,
    type: agent.type,
    mode,
    model: said("model", agent.model),
    provider: said("provider", agent.provider),
    prompt_hash: said("prompt_hash", agent.promptHash),
    tools: agent.tools,
    held_prompts: agent.heldPrompts,
    enforcement: agent.enforcement === true,
    can_clone: agent.canClone,
    continues,
    before,
  };
}

/** What it reported since, cut whenever it was told something else. */
function partsOf(
  rows: readonly EventRow[],
  directives: readonly DirectiveRow[],
  from: number,
  until: number,
): AgentPart[] {
  const standing = directives.findLast(({ createdAt }) => createdAt < from) ?? null;
  const told = directives.filter(({ createdAt }) => createdAt >= from && createdAt < until);
  const bounds = [from, ...told.map(({ createdAt }) => createdAt), until];
  // By arrival: what had been heard when it was told something else led to that, whatever its own clock said.
  const partAt = (receivedAt: number) => told.findLastIndex(({ createdAt }) => createdAt < receivedAt) + 1;
  return bounds.slice(0, -1).map((begins, i) => {
    const directive = told[i - 1] ?? null;
    return {
      from: begins,
      order: directive && orderOf(directive, standing),
      events: rows.filter(({ receivedAt }) => partAt(receivedAt) === i).map((row) => eventOf(row, directive)),
    };
  });
}

/** What a directive orders beyond what was in force before the incident. */
const orderOf = (row: DirectiveRow, standing: DirectiveRow | null): Order => ({
  status: row.status,
  rollback_to: row.rollbackTo === standing?.rollbackTo ? null : row.rollbackTo,
  revoked_tools: row.revokedTools.filter((tool) => !standing?.revokedTools.includes(tool)).toSorted(),
  autonomy:
    standing !== null && JSON.stringify(row.autonomy) === JSON.stringify(standing.autonomy)
      ? FULL_AUTONOMY
      : row.autonomy,
  memory_epoch: row.memoryEpoch - (standing?.memoryEpoch ?? 0),
});

type EventRow = Awaited<ReturnType<typeof listEventsBefore>>[number];

function eventOf({ at, kind, instanceId, body }: EventRow, directive: DirectiveRow | null): CaseEvent {
  const {
    agent_id: _a,
    agent_type: _t,
    kind: _k,
    timestamp: _at,
    sequence: _s,
    instance_id: _i,
    directive_version: version,
    directive_hash: _h,
    ...rest
  } = body;
  return {
    at,
    kind,
    instance_id: instanceId,
    applied: directive !== null && version === directive.version,
    body: rest,
  };
}
