import type { Metadata } from "next";
import { AuditScreen } from "@/components/audit/audit-screen";

export const metadata: Metadata = { title: "Audit log" };

/** Not read ahead on the server: only the API knows whether who asks is an admin. */
export default function AuditPage() {
  return <AuditScreen />;
}
