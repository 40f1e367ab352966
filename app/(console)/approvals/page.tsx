import type { Metadata } from "next";
import { ApprovalsScreen } from "@/components/approvals/approvals-screen";
import { Hydrated } from "@/app/(console)/hydrated";
import { readApprovals, readBudgets } from "@/app/(console)/reads";

export const metadata: Metadata = { title: "Approvals" };

export default function ApprovalsPage() {
  return (
    <Hydrated queries={[readApprovals("pending"), readBudgets]}>
      <ApprovalsScreen />
    </Hydrated>
  );
}
