import { agentQuery, agentsQuery } from "@/components/agents/queries";
import { approvalsQuery } from "@/components/approvals/queries";
import { healingQuery } from "@/components/healing/queries";
import { incidentQuery, incidentsQuery } from "@/components/incidents/queries";
import { memoryQuery } from "@/components/memory/queries";
import { budgetsQuery, spendQuery } from "@/components/spend/queries";
import { storyQuery } from "@/components/service-incident/queries";
import { overviewQuery } from "@/components/overview/queries";
import { agentTypesQuery, settingsQuery } from "@/components/settings/queries";
import { AgentsQuery } from "@/lib/contracts/agents";
import { SpendQuery } from "@/lib/contracts/budgets";
import { ApprovalsQuery } from "@/lib/contracts/approvals";
import { IncidentsQuery } from "@/lib/contracts/incidents";
import { HealingQuery } from "@/lib/contracts/overview";
import { findAgentDetail } from "@/lib/views/agent-detail";
import { listAgentCards } from "@/lib/views/agents";
import { loadBudgets } from "@/lib/views/budgets";
import { loadSpend } from "@/lib/views/spend";
import { listApprovals } from "@/lib/views/approvals";
import { listHealing } from "@/lib/views/healing";
import { listIncidents } from "@/lib/views/incidents";
import { findIncidentDetail } from "@/lib/views/incident-detail";
import { loadMemory } from "@/lib/views/memory";
import { loadOverview } from "@/lib/views/overview";
import { findStory } from "@/lib/views/service-story";
import { loadSettings } from "@/lib/db/queries/settings";
import { listAgentTypes } from "@/lib/views/agent-types";
import { env } from "@/lib/env";
import type { Prefetch } from "./hydrated";

/** The screens' queries, read on the server by the functions that answer the same requests. */
export const readOverview: Prefetch = {
  queryKey: overviewQuery.queryKey,
  read: (db, { now }) => loadOverview(db, { now, demo: env().SENTINEL_DEMO_CONTROL_URL !== undefined }),
};
export const readAgents = (filter: Parameters<typeof agentsQuery>[0]): Prefetch => ({
  queryKey: agentsQuery(filter).queryKey,
  read: (db, context) => listAgentCards(db, AgentsQuery.parse(filter), context),
});
export const readAgent = (id: string): Prefetch => ({
  queryKey: agentQuery(id).queryKey,
  read: (db, context) => findAgentDetail(db, id, context),
});
export const readApprovals = (state: "pending" | "rejected" | undefined): Prefetch => ({
  queryKey: approvalsQuery(state).queryKey,
  read: (db) => listApprovals(db, ApprovalsQuery.parse({ state })),
});
export const readIncidents = (filter: Parameters<typeof incidentsQuery>[0]): Prefetch => ({
  queryKey: incidentsQuery(filter).queryKey,
  read: (db) => listIncidents(db, IncidentsQuery.parse(filter)),
});
export const readIncident = (id: string): Prefetch => ({
  queryKey: incidentQuery(id).queryKey,
  read: (db) => findIncidentDetail(db, id),
});
export const readSpend = (filter: Parameters<typeof spendQuery>[0]): Prefetch => ({
  queryKey: spendQuery(filter).queryKey,
  read: (db, { now }) => loadSpend(db, SpendQuery.parse(filter), { now, zone: env().BUDGET_TIME_ZONE }),
});
export const readBudgets: Prefetch = {
  queryKey: budgetsQuery.queryKey,
  read: (db, { now }) => loadBudgets(db, now),
};
export const readStory = (id: string): Prefetch => ({
  queryKey: storyQuery(id).queryKey,
  read: (db) => findStory(db, id),
});
export const readHealing = (filter: Parameters<typeof healingQuery>[0]): Prefetch => ({
  queryKey: healingQuery(filter).queryKey,
  read: (db) => listHealing(db, HealingQuery.parse(filter)),
});
export const readMemory: Prefetch = { queryKey: memoryQuery.queryKey, read: (db, { now }) => loadMemory(db, now) };
export const readSettings: Prefetch = { queryKey: settingsQuery.queryKey, read: (db) => loadSettings(db) };
export const readAgentTypes: Prefetch = {
  queryKey: agentTypesQuery.queryKey,
  read: async (db, { now }) => ({ types: await listAgentTypes(db, now) }),
};
