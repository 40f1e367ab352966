"use client";

import { parseAsStringLiteral, useQueryState, useQueryStates } from "nuqs";
import type { ReactNode } from "react";
import type { EvalOffer } from "@/lib/contracts/eval-runs";
import { PageHead } from "@/components/shell/page-head";
import { Tabs } from "@/components/ui/tabs";
import { CasesTab } from "./cases-tab";
import { evalFilters, TABS } from "./filters";
import { IncidentsTab } from "./incidents-tab";
import { RunCases } from "./run-cases";

/** How good Sentinel is: on cases whose answer is known, in real incidents, and on real data. */
export function EvalsScreen({ offer, measured, missed }: { offer: EvalOffer; measured: ReactNode; missed: number }) {
  const [tab, setTab] = useQueryState("tab", parseAsStringLiteral(TABS).withDefault("cases"));
  const [, setFilters] = useQueryStates(evalFilters);
  return (
    <>
      <PageHead
        title="Evaluations"
        actions={
          <RunCases
            offer={offer}
            onStarted={(run) => {
              void setTab("cases");
              void setFilters({ run, before: null, class: null, shown: "all" });
            }}
          />
        }
        lead="How well Sentinel performs: on cases with a known answer, on its own incidents and on real data."
      />
      <Tabs
        label="Evaluations"
        value={tab}
        onChange={(next) => void setTab(TABS.find((one) => one === next) ?? null)}
        tabs={[
          { value: "cases", label: "Cases", content: <CasesTab offer={offer} /> },
          { value: "incidents", label: "Incidents", content: <IncidentsTab /> },
          {
            value: "measured",
            label: missed > 0 ? `Benchmarks (${missed} ${missed === 1 ? "target" : "targets"} missed)` : "Benchmarks",
            content: measured,
          },
        ]}
      />
    </>
  );
}
