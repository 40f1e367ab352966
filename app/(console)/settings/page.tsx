import type { Metadata } from "next";
import { SettingsScreen } from "@/components/settings/settings-screen";
import { Hydrated } from "@/app/(console)/hydrated";
import { readAgentTypes, readSettings } from "@/app/(console)/reads";

export const metadata: Metadata = { title: "Settings" };

export default function SettingsPage() {
  return (
    <Hydrated queries={[readAgentTypes, readSettings]}>
      <SettingsScreen />
    </Hydrated>
  );
}
