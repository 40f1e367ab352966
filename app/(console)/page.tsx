import type { Metadata } from "next";
import { OverviewScreen } from "@/components/overview/overview-screen";
import { Hydrated } from "./hydrated";
import { readApprovals, readIncidents, readOverview } from "./reads";

export const metadata: Metadata = { title: "Overview" };

export default function OverviewPage() {
  return (
    <Hydrated queries={[readOverview, readApprovals("pending"), readIncidents({ state: "active", limit: 50 })]}>
      <OverviewScreen />
    </Hydrated>
  );
}
