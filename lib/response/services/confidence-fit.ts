import { type Fit, fitIsotonic } from "@/lib/core/base/isotonic";
import { CONFIDENCE_CASES } from "@/lib/core/causes/confidence-cases";
import type { Db } from "@/lib/db/client";
import { listJudgedConfidences } from "@/lib/db/queries/investigations";

/** Verdicts that count beside the cases, the newest: methods change, and old confidences were given by others. */
const VERDICTS = 1_000;

/** What confidences in first causes are worth: by the cases that came with this version, and by what people said of causes here. */
export async function confidenceFit(db: Db): Promise<Fit> {
  const judged = await listJudgedConfidences(db, VERDICTS);
  return fitIsotonic([
    ...CONFIDENCE_CASES.map(([confidence, right]) => ({ confidence, right: right === 1 })),
    ...judged,
  ]);
}
