import type { Metadata } from "next";
import { AgentScreen } from "@/components/agent/agent-screen";
import { decoded } from "@/app/(console)/decoded";
import { Hydrated } from "@/app/(console)/hydrated";
import { readAgent } from "@/app/(console)/reads";

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decoded((await params).id) };
}

export default async function AgentPage({ params }: Props) {
  const id = decoded((await params).id);
  return (
    <Hydrated queries={[readAgent(id)]}>
      <AgentScreen key={id} id={id} />
    </Hydrated>
  );
}
