import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { AgentsScreen } from "@/components/agents/agents-screen";
import { agentsFilter, loadAgentFilters } from "@/components/agents/filters";
import { Hydrated } from "@/app/(console)/hydrated";
import { readAgents } from "@/app/(console)/reads";

export const metadata: Metadata = { title: "Agents" };

export default async function AgentsPage({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const filters = await loadAgentFilters(searchParams);
  return (
    <Hydrated queries={[readAgents(agentsFilter(filters))]}>
      <AgentsScreen />
    </Hydrated>
  );
}
