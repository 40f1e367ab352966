import type { Metadata } from "next";
import { IncidentScreen } from "@/components/incidents/incident-screen";
import { Hydrated } from "@/app/(console)/hydrated";
import { readIncident, readStory } from "@/app/(console)/reads";

export const metadata: Metadata = { title: "Incident" };

export default async function IncidentPage({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return (
    <Hydrated queries={[readIncident(id), readStory(id)]}>
      <IncidentScreen key={id} id={id} />
    </Hydrated>
  );
}
