import { z } from "zod";
import { RISKS } from "@/lib/core/base/vocabulary";

const arg = z.union([z.string(), z.number(), z.boolean()]);

const OfferView = z.object({
  id: z.string(),
  action: z.string(),
  target: z.string(),
  args: z.record(z.string(), arg),
  risk: z.enum(RISKS),
  reason: z.string(),
  blastRadius: z.string().optional(),
  undo: z.string().nullish(),
});

/** What an investigation says beside its hypotheses and findings. Texts are for people and may quote untrusted text. */
export const InvestigationReport = z
  .object({
    skeptic: z
      .object({
        about: z.string(),
        refutations: z.array(
          z.object({ wouldSee: z.string(), result: z.enum(["seen", "not_seen", "not_looked"]), because: z.string() }),
        ),
        confidence: z.object({ before: z.number(), after: z.number() }),
        swapped: z.boolean(),
        separates: z.string().nullable(),
      })
      .nullable(),
    removed: z.array(z.object({ text: z.string(), why: z.string(), author: z.string() })),
    written: z.array(z.object({ text: z.string(), cites: z.array(z.string()), author: z.string() })),
    couldNotLook: z.array(z.object({ node: z.string(), source: z.string(), reason: z.string() })),
    similar: z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        node: z.string().nullable(),
        kind: z.string(),
        action: z.string().nullable(),
        outcome: z.string(),
        at: z.number(),
        similarity: z.number(),
      }),
    ),
    blastRadius: z.array(z.string()),
    remedy: z.object({
      proposal: z
        .object({
          offer: OfferView,
          args: z.record(z.string(), arg),
          why: z.string(),
          chosenBy: z.string(),
          fromUntrustedText: z.array(
            z.object({ arg: z.string(), source: z.string().nullable(), line: z.string().nullable() }),
          ),
        })
        .nullable(),
      why: z.string(),
      considered: z.array(z.object({ offer: OfferView, why: z.string() })),
      rollback: z.object({ title: z.string(), body: z.string() }).nullable(),
    }),
    reports: z.array(z.object({ node: z.string(), text: z.string(), author: z.string() })),
    /** Confidences of the causes by rank, before they were fitted. */
    raw_confidences: z.array(z.number()).optional(),
    models: z.array(z.object({ name: z.string(), calls: z.number(), tokens: z.number(), usd: z.number() })),
  })
  .meta({ id: "InvestigationReport" });
export type InvestigationReport = z.infer<typeof InvestigationReport>;
