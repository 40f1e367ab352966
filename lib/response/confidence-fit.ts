import { type ConfidenceFit, fitConfidence } from "@/lib/core/causes/confidence";
import { CONFIDENCE_CASES } from "@/lib/core/causes/confidence-cases";
import type { Db } from "@/lib/db/client";
import { listJudgedConfidences } from "@/lib/db/queries/investigations";

/** Verdicts that count beside the cases, the newest: methods change, and old confidences were given by others. */
const VERDICTS = 1_000;

/** What confidences in first causes of services, or of agents, are worth: their analyses have scales of their own. By the cases that came with this version, and by what people said of causes here. */
export async function confidenceFit(db: Db, of: "service" | "agent"): Promise<ConfidenceFit> {
  const judged = await listJudgedConfidences(db, of, VERDICTS);
  return fitConfidence([
    ...CONFIDENCE_CASES[of].map(([confidence, right, kind]) => ({ confidence, right: right === 1, kind })),
    ...judged,
  ]);
}
