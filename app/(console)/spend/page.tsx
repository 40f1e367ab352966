import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { loadSpendFilters } from "@/components/spend/filters";
import { SpendScreen } from "@/components/spend/spend-screen";
import { Hydrated } from "@/app/(console)/hydrated";
import { readBudgets, readSpend } from "@/app/(console)/reads";

export const metadata: Metadata = { title: "Spend" };

export default async function SpendPage({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const { by, sort } = await loadSpendFilters(searchParams);
  return (
    <Hydrated queries={[readSpend({ by, sort }), readBudgets]}>
      <SpendScreen />
    </Hydrated>
  );
}
