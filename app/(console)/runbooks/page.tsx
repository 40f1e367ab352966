import type { Metadata } from "next";
import { RunbooksScreen } from "@/components/runbooks/runbooks-screen";
import { Hydrated } from "@/app/(console)/hydrated";
import { readRunbooks } from "@/app/(console)/service-reads";

export const metadata: Metadata = { title: "Runbooks" };

export default function RunbooksPage() {
  return (
    <Hydrated queries={[readRunbooks]}>
      <RunbooksScreen />
    </Hydrated>
  );
}
