import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { healingFilter, loadHealingFilters } from "@/components/healing/filters";
import { HealingScreen } from "@/components/healing/healing-screen";
import { Hydrated } from "@/app/(console)/hydrated";
import { readHealing } from "@/app/(console)/reads";

export const metadata: Metadata = { title: "Healing log" };

export default async function HealingPage({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const filters = await loadHealingFilters(searchParams);
  return (
    <Hydrated queries={[readHealing(healingFilter(filters))]}>
      <HealingScreen />
    </Hydrated>
  );
}
