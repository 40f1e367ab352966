import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { incidentsFilter, loadIncidentFilters } from "@/components/incidents/filters";
import { IncidentsScreen } from "@/components/incidents/incidents-screen";
import { Hydrated } from "@/app/(console)/hydrated";
import { readIncidents } from "@/app/(console)/reads";

export const metadata: Metadata = { title: "Incidents" };

export default async function IncidentsPage({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const filters = await loadIncidentFilters(searchParams);
  // Whose "me" is, the request of the screen says.
  const queries = filters.assignee === "me" ? [] : [readIncidents(incidentsFilter(filters))];
  return (
    <Hydrated queries={queries}>
      <IncidentsScreen />
    </Hydrated>
  );
}
