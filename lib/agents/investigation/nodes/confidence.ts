import { withConfidence, worth } from "@/lib/core/causes/confidence";
import type { InvestigationContext } from "../context";
import type { InvestigationState, Update } from "../state";

/** Puts confidences, once the order stands, on the scale of how often such a cause has been right. */
export const confidence =
  ({ fit }: InvestigationContext) =>
  async ({ hypotheses, skeptic }: InvestigationState): Promise<Update> => {
    const tested = hypotheses.find(({ statement }) => statement === skeptic?.about)?.kind ?? "unknown";
    return {
      hypotheses: withConfidence(hypotheses, fit, ({ kind }) => kind),
      skeptic: skeptic && {
        ...skeptic,
        confidence: {
          before: worth(fit, tested, skeptic.confidence.before),
          after: worth(fit, tested, skeptic.confidence.after),
        },
      },
    };
  };
