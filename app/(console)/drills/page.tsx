import type { Metadata } from "next";
import { Hydrated } from "@/app/(console)/hydrated";
import { DrillsScreen } from "@/components/drills/drills-screen";
import { drillsQuery } from "@/components/drills/queries";
import { listDrillViews } from "@/lib/drills/views";

export const metadata: Metadata = { title: "Drills" };

const readDrills = {
  queryKey: drillsQuery.queryKey,
  read: async (_real: unknown, { now }: { now: number }) => ({ drills: await listDrillViews(now) }),
};

export default function DrillsPage() {
  return (
    <Hydrated queries={[readDrills]}>
      <DrillsScreen />
    </Hydrated>
  );
}
