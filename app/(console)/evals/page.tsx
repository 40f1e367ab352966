import type { Metadata } from "next";
import { Hydrated } from "@/app/(console)/hydrated";
import { EvalsScreen } from "@/components/evals/evals-screen";
import { countMissed, MeasuredTab } from "@/components/evals/measured-tab";
import { evalRunsQuery } from "@/components/evals/queries";
import { evalOffer } from "@/lib/evals/cases/offer";
import { listEvalRuns } from "@/lib/views/evals";
import { readMeasured } from "@/lib/views/measured";

export const metadata: Metadata = { title: "Evaluations" };

const readRuns = { queryKey: evalRunsQuery.queryKey, read: listEvalRuns };

export default async function EvalsPage() {
  const tables = await readMeasured();
  return (
    <Hydrated queries={[readRuns]}>
      <EvalsScreen offer={evalOffer()} missed={countMissed(tables)} measured={<MeasuredTab tables={tables} />} />
    </Hydrated>
  );
}
