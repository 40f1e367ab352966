import { z } from "zod";
import type { AgentCard } from "@/lib/contracts/agents";
import { AGENT_STATES, BLIND_SPOTS, LIVENESS, MODES, SERVICE_STATES } from "@/lib/core/base/vocabulary";
import { loopConfig } from "@/lib/config/agents";
import { listAgentCards } from "@/lib/views/agents";
import { loadOverview } from "@/lib/views/overview";
import { Containment, containmentOf } from "../containment";
import { READ_TIMEOUT_MS, tool } from "../tool";
import { iso, pageOf, quoted, quotedOrNull, time } from "../words";

/** Agents of a page: fifty are some 40,000 characters. */
const LIMIT = { default: 20, max: 50 } as const;
/** What lies before a page is sorted for each page: further down, filters find an agent sooner. */
const OFFSET_MAX = 1_950;

const Agent = z.object({
  id: z.string(),
  url: z.string().describe("its page in the console"),
  type: z.string(),
  state: z.enum(AGENT_STATES),
  state_since: time,
  mode: z.enum(MODES),
  liveness: z.enum(LIVENESS),
  paused: z.boolean(),
  containment: Containment,
  blind_spots: z.array(z.enum(BLIND_SPOTS)).describe("why it cannot be fully evaluated right now"),
  model: z.string().nullable(),
  last_seen_at: time,
  incident: z.object({ id: z.string(), title: z.string(), severity: z.number() }).nullable(),
  approval_pending: z.boolean().describe("a person has to decide, in the console"),
  looks_like: z.string().nullable().describe("another agent whose name looks the same: make sure which one is meant"),
});

const agentOf = (card: AgentCard, origin: string): z.input<typeof Agent> => ({
  id: card.id,
  url: pageOf(origin, "agents", card.id),
  type: quoted(card.type),
  state: card.state,
  state_since: iso(card.state_since),
  mode: card.mode,
  liveness: card.liveness,
  paused: card.paused,
  containment: containmentOf(card),
  blind_spots: card.blind_spots,
  model: quotedOrNull(card.model),
  last_seen_at: iso(card.last_seen_at),
  incident: card.incident && {
    id: card.incident.id,
    title: quoted(card.incident.title),
    severity: card.incident.severity,
  },
  approval_pending: card.approval !== null,
  looks_like: card.looks_like,
});

export const FLEET_STATUS = tool({
  name: "fleet_status",
  title: "Fleet status",
  description:
    "How the fleet is doing: agents and services by state, open incidents, approvals that wait, and the agents that match, those that need attention first. `quarantined`, `healing` and `exhausted` agents are on hold.",
  input: z.strictObject({
    q: z.string().max(200).optional().describe("text in an agent's ID, type or model"),
    state: z.enum([...AGENT_STATES, "paused", "silent", "stuck", "not_judged"]).optional(),
    type: z.string().max(200).optional().describe("type of agent, exactly"),
    limit: z.int().min(1).max(LIMIT.max).default(LIMIT.default),
    offset: z.int().min(0).max(OFFSET_MAX).default(0).describe("how many of the matching agents to skip"),
  }),
  output: z.object({
    at: time,
    fleet: z.object({
      agents: z.int(),
      live: z.int(),
      by_state: z.record(z.enum(AGENT_STATES), z.int()),
      services: z.record(z.enum(SERVICE_STATES), z.int()),
      alerts_firing: z.int(),
      incidents_active: z.int(),
      incidents_escalated: z.int(),
      approvals_pending: z.int().describe("decided by people, in the console only"),
      global_stop: z.boolean().describe("true: Sentinel acts on nothing until a person switches it off"),
      sweep_age_ms: z.number().nullable().describe("since Sentinel last evaluated all agents; null: not yet"),
    }),
    agents: z.array(Agent),
    matching: z.int().describe("agents that match, on all pages"),
    next_offset: z.int().nullable().describe("for the next page; null: this is the last one, or use filters"),
  }),
  timeoutMs: READ_TIMEOUT_MS,
  async run({ limit, offset, ...query }, { db, now, origin }) {
    const [{ agents, services, incidents, approvals, global_stop: stop, sweep }, cards] = await Promise.all([
      loadOverview(db, { now, demo: false }),
      listAgentCards(db, { ...query, limit, offset }, { ...loopConfig(), now }),
    ]);
    const next = offset + limit;
    return {
      at: iso(now),
      fleet: {
        agents: agents.total,
        live: agents.live,
        by_state: agents.by_state,
        services: services.by_state,
        alerts_firing: services.firing,
        incidents_active: incidents.active,
        incidents_escalated: incidents.escalated,
        approvals_pending: approvals.pending,
        global_stop: stop.on,
        sweep_age_ms: sweep.age_ms,
      },
      agents: cards.agents.map((card) => agentOf(card, origin)),
      matching: cards.total,
      next_offset: next < cards.total && next <= OFFSET_MAX ? next : null,
    };
  },
});
