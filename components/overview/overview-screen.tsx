"use client";

import { useQuery } from "@tanstack/react-query";
import { InjectFault } from "@/components/demo/demo-panel";
import { RunDrill } from "@/components/drills/run-drill";
import { PageHead } from "@/components/shell/page-head";
import { Feed } from "./feed";
import { FleetStates } from "./fleet-states";
import { ServiceStates } from "./service-states";
import { NewestOutcomes } from "./outcomes";
import { overviewQuery } from "./queries";
import { Tiles } from "./tiles";
import { ActiveIncidents, PendingApprovals } from "./waiting";

/** Only where the server says that it is a demo; elsewhere drills are run from the services' screen. */
function Demo() {
  const { data } = useQuery(overviewQuery);
  return data?.demo ? (
    <>
      <RunDrill />
      <InjectFault />
    </>
  ) : null;
}

export function OverviewScreen() {
  return (
    <>
      <PageHead title="Overview" actions={<Demo />} />
      <div className="space-y-4">
        <Tiles />
        <div className="grid items-start gap-4 xl:grid-cols-[1fr_26rem]">
          <div className="min-w-0 space-y-4">
            <PendingApprovals />
            <ActiveIncidents />
            <NewestOutcomes />
          </div>
          <div className="min-w-0 space-y-4">
            <ServiceStates />
            <FleetStates />
            <Feed />
          </div>
        </div>
      </div>
    </>
  );
}
