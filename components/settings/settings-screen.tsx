"use client";

import dynamic from "next/dynamic";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { useSession } from "@/components/access/session";
import { PageHead } from "@/components/shell/page-head";
import { Skeleton } from "@/components/ui/feedback";
import { Tabs } from "@/components/ui/tabs";
import { DetectionTab } from "./detection-tab";
import { NotificationsTab } from "@/components/notifications/notifications-tab";
import { KeysTab } from "./keys-tab";
import { LimitsTab } from "./limits-tab";
import { ServicesTab } from "./services-tab";
import { TokensTab } from "./tokens-tab";
import { TypesTab } from "./types-tab";
import { UsersTab } from "./users-tab";

// What has to be set at a sender names the address of this server, which only the browser knows.
const SourcesTab = dynamic(() => import("./sources-tab").then((module) => module.SourcesTab), {
  ssr: false,
  loading: () => <Skeleton className="h-64 rounded-[0.625rem]" />,
});

const ConnectTab = dynamic(() => import("./connect-tab").then((module) => module.ConnectTab), {
  ssr: false,
  loading: () => <Skeleton className="h-64 rounded-[0.625rem]" />,
});

const TABS = [
  "types",
  "services",
  "sources",
  "detection",
  "limits",
  "notifications",
  "connect",
  "keys",
  "tokens",
  "users",
] as const;

export function SettingsScreen() {
  const [tab, setTab] = useQueryState("tab", parseAsStringLiteral(TABS).withDefault("types"));
  const { administers, decides } = useSession();
  return (
    <>
      <PageHead
        title="Settings"
        lead={administers ? undefined : "Read only: changing settings requires the admin role."}
      />
      <Tabs
        label="Settings"
        value={tab}
        onChange={(next) => void setTab(next as typeof tab)}
        tabs={[
          { value: "types", label: "Agent types", content: <TypesTab administers={administers} /> },
          {
            value: "services",
            label: "Services",
            content: <ServicesTab administers={administers} decides={decides} />,
          },
          {
            value: "sources",
            label: "Alert sources",
            content: <SourcesTab administers={administers} decides={decides} />,
          },
          { value: "detection", label: "Detection and approval", content: <DetectionTab administers={administers} /> },
          { value: "limits", label: "Limits and global stop", content: <LimitsTab administers={administers} /> },
          {
            value: "notifications",
            label: "Notifications",
            content: <NotificationsTab administers={administers} decides={decides} />,
          },
          ...(administers
            ? [
                { value: "connect", label: "Connect", content: <ConnectTab /> },
                { value: "keys", label: "Keys", content: <KeysTab /> },
                { value: "tokens", label: "API tokens", content: <TokensTab /> },
                { value: "users", label: "People", content: <UsersTab /> },
              ]
            : []),
        ]}
      />
    </>
  );
}
