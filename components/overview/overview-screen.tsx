"use client";

import { InjectFault } from "@/components/demo/demo-panel";
import { PageHead } from "@/components/shell/page-head";
import { Feed } from "./feed";
import { FleetStates } from "./fleet-states";
import { NewestOutcomes } from "./outcomes";
import { Tiles } from "./tiles";
import { ActiveIncidents, PendingApprovals } from "./waiting";

export function OverviewScreen() {
  return (
    <>
      <PageHead title="Overview" actions={<InjectFault />} />
      <div className="space-y-4">
        <Tiles />
        <div className="grid items-start gap-4 xl:grid-cols-[1fr_26rem]">
          <div className="min-w-0 space-y-4">
            <PendingApprovals />
            <ActiveIncidents />
            <NewestOutcomes />
          </div>
          <div className="min-w-0 space-y-4">
            <FleetStates />
            <Feed />
          </div>
        </div>
      </div>
    </>
  );
}
