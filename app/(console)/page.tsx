import type { Metadata } from "next";
import { OverviewScreen } from "@/components/overview/overview-screen";
import { Hydrated } from "./hydrated";
import { readApprovals, readIncidents } from "./reads";

export const metadata: Metadata = { title: "Overview" };

export default function OverviewPage() {
  return (
    <Hydrated queries={[readApprovals("pending"), readIncidents({ state: "active", limit: 50 })]}>
      <OverviewScreen />
    </Hydrated>
  );
}
