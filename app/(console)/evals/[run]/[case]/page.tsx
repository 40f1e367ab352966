import type { Metadata } from "next";
import { connection } from "next/server";
import { notFound } from "next/navigation";
import { decoded } from "@/app/(console)/decoded";
import { CaseScreen } from "@/components/evals/case-screen";
import { getDb } from "@/lib/db/client";
import { evalOffer } from "@/lib/evals/cases/offer";
import { findCase, findRun } from "@/lib/db/queries/evals";

export const metadata: Metadata = { title: "Case" };

/** A case that was played does not change: it is read once, and nothing of it is asked for again. */
export default async function CasePage({ params }: { params: Promise<{ run: string; case: string }> }) {
  await connection();
  const { run: runId, case: caseId } = await params;
  const db = await getDb();
  const [run, one] = await Promise.all([findRun(db, decoded(runId)), findCase(db, decoded(runId), decoded(caseId))]);
  if (run === null || one === null) notFound();
  const { reason, classes } = evalOffer();
  const again = reason === null && classes.some(({ cases }) => cases.includes(one.caseId));
  return <CaseScreen one={{ ...one, run }} again={again} />;
}
