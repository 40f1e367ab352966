import type { Metadata } from "next";
import { Hydrated, type Prefetch } from "@/app/(console)/hydrated";
import { DrillScreen } from "@/components/drills/drill-screen";
import { drillQuery } from "@/components/drills/queries";
import { incidentQuery } from "@/components/incidents/queries";
import { storyQuery } from "@/components/service-incident/queries";
import { findDrill } from "@/lib/db/drills";
import { findIncidentDetail } from "@/lib/views/incident-detail";
import { findStory } from "@/lib/views/service-story";
import { getDrillDetail } from "@/lib/drills/views";

export const metadata: Metadata = { title: "Drill" };

export default async function DrillPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return (
    <Hydrated queries={await readsOf(id)}>
      <DrillScreen key={id} id={id} />
    </Hydrated>
  );
}

/** What the screen asks for first, read from the drill's own database. */
async function readsOf(id: string): Promise<Prefetch[]> {
  const drill = await findDrill(id, Date.now());
  if (drill === null) return [];
  const { incident } = drill.record;
  return [
    { queryKey: drillQuery(id).queryKey, read: (_real, { now }) => getDrillDetail(id, now) },
    { queryKey: incidentQuery(incident, id).queryKey, read: () => findIncidentDetail(drill.db, incident) },
    { queryKey: storyQuery(incident, id).queryKey, read: () => findStory(drill.db, incident) },
  ];
}
