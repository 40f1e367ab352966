"use client";

import { parseAsStringLiteral, useQueryState } from "nuqs";
import { useSession } from "@/components/access/session";
import { PageHead } from "@/components/shell/page-head";
import { Tabs } from "@/components/ui/tabs";
import { DetectionTab } from "./detection-tab";
import { KeysTab } from "./keys-tab";
import { LimitsTab } from "./limits-tab";
import { TypesTab } from "./types-tab";
import { UsersTab } from "./users-tab";

const TABS = ["types", "detection", "limits", "keys", "users"] as const;

export function SettingsScreen() {
  const [tab, setTab] = useQueryState("tab", parseAsStringLiteral(TABS).withDefault("types"));
  const { administers } = useSession();
  return (
    <>
      <PageHead
        title="Settings"
        lead={administers ? undefined : "You can see them; changing them needs the role admin."}
      />
      <Tabs
        label="Settings"
        value={tab}
        onChange={(next) => void setTab(next as typeof tab)}
        tabs={[
          { value: "types", label: "Agent types", content: <TypesTab administers={administers} /> },
          { value: "detection", label: "Detection and consent", content: <DetectionTab administers={administers} /> },
          { value: "limits", label: "Limits and stop", content: <LimitsTab administers={administers} /> },
          ...(administers
            ? [
                { value: "keys", label: "Keys", content: <KeysTab /> },
                { value: "users", label: "People", content: <UsersTab /> },
              ]
            : []),
        ]}
      />
    </>
  );
}
