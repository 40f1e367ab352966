import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { ChangesScreen } from "@/components/changes/changes-screen";
import { changesFilter, loadChangeFilters } from "@/components/changes/filters";
import { Hydrated } from "@/app/(console)/hydrated";
import { readChanges } from "@/app/(console)/service-reads";

export const metadata: Metadata = { title: "Change log" };

export default async function ChangesPage({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const filters = await loadChangeFilters(searchParams);
  return (
    <Hydrated queries={[readChanges(changesFilter(filters))]}>
      <ChangesScreen />
    </Hydrated>
  );
}
