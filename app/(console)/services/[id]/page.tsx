import type { Metadata } from "next";
import { ServiceScreen } from "@/components/services/service-screen";
import { decoded } from "@/app/(console)/decoded";
import { Hydrated } from "@/app/(console)/hydrated";
import { readService } from "@/app/(console)/service-reads";

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decoded((await params).id) };
}

export default async function ServicePage({ params }: Props) {
  const id = decoded((await params).id);
  return (
    <Hydrated queries={[readService(id)]}>
      <ServiceScreen key={id} id={id} />
    </Hydrated>
  );
}
