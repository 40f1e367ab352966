import type { Metadata } from "next";
import { newestFilter } from "@/components/healing/queries";
import { OverviewScreen } from "@/components/overview/overview-screen";
import { Hydrated } from "./hydrated";
import { readApprovals, readHealing, readIncidents } from "./reads";

export const metadata: Metadata = { title: "Overview" };

export default function OverviewPage() {
  return (
    <Hydrated
      queries={[readApprovals("pending"), readIncidents({ state: "active", limit: 50 }), readHealing(newestFilter)]}
    >
      <OverviewScreen />
    </Hydrated>
  );
}
