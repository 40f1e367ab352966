import { calibrated } from "@/lib/core/base/isotonic";
import { withConfidence } from "@/lib/core/causes/confidence";
import type { InvestigationContext } from "../context";
import type { InvestigationState, Update } from "../state";

/** Puts confidences, once the order stands, on the scale of how often such a cause has been right. */
export const confidence =
  ({ fit }: InvestigationContext) =>
  async ({ hypotheses, skeptic }: InvestigationState): Promise<Update> => ({
    hypotheses: withConfidence(hypotheses, fit),
    skeptic: skeptic && {
      ...skeptic,
      confidence: {
        before: calibrated(fit, skeptic.confidence.before),
        after: calibrated(fit, skeptic.confidence.after),
      },
    },
  });
