"use client";

import { parseAsStringLiteral, useQueryState } from "nuqs";
import type { ReactNode } from "react";
import { PageHead } from "@/components/shell/page-head";
import { Tabs } from "@/components/ui/tabs";
import { CasesTab } from "./cases-tab";
import { TABS } from "./filters";
import { IncidentsTab } from "./incidents-tab";

/** How good Sentinel is: on cases whose answer is known, in real incidents, and on real data. */
export function EvalsScreen({ measured, missed }: { measured: ReactNode; missed: number }) {
  const [tab, setTab] = useQueryState("tab", parseAsStringLiteral(TABS).withDefault("cases"));
  return (
    <>
      <PageHead
        title="Evaluations"
        lead="How good Sentinel is: on cases whose answer is known, in the incidents it worked on, and on real data."
      />
      <Tabs
        label="Evaluations"
        value={tab}
        onChange={(next) => void setTab(TABS.find((one) => one === next) ?? null)}
        tabs={[
          { value: "cases", label: "Cases", content: <CasesTab /> },
          { value: "incidents", label: "Incidents", content: <IncidentsTab /> },
          { value: "measured", label: missed > 0 ? `Measured (${missed} missed)` : "Measured", content: measured },
        ]}
      />
    </>
  );
}
