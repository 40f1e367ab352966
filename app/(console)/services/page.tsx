import type { Metadata } from "next";
import { ServicesScreen } from "@/components/services/services-screen";
import { Hydrated } from "@/app/(console)/hydrated";
import { readServices } from "@/app/(console)/service-reads";

export const metadata: Metadata = { title: "Services" };

export default function ServicesPage() {
  return (
    <Hydrated queries={[readServices]}>
      <ServicesScreen />
    </Hydrated>
  );
}
