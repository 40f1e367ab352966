import { z } from "zod";
import { APPROVAL_STATES, DIAGNOSES, SUBJECT_KINDS } from "@/lib/core/base/vocabulary";
import { resource } from "./endpoint";
import { PATHS } from "./paths";
import { ApprovalBrief, ProposalView } from "./incidents";

/** An approval with the evidence that it is decided on. */
export const ApprovalView = z
  .object({
    ...ApprovalBrief.shape,
    digest: z.string(),
    proposal: ProposalView,
    incident: z.object({
      id: z.string(),
      title: z.string(),
      severity: z.number(),
      state: z.string(),
      diagnosis: z.enum(DIAGNOSES).nullable(),
      confidence: z.number().nullable(),
    }),
    subject: z.object({
      kind: z.enum(SUBJECT_KINDS),
      id: z.string(),
      type: z.string().describe("of an agent; the kind of a service"),
      state: z.string(),
    }),
    evidence: z.array(z.object({ id: z.string(), kind: z.string(), title: z.string() })),
    can_heal_now: z.boolean(),
  })
  .meta({ id: "ApprovalView" });
export type ApprovalView = z.infer<typeof ApprovalView>;

export const ApprovalsQuery = z.object({
  state: z.enum(APPROVAL_STATES).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(200),
});
export const ApprovalsAnswer = z.object({
  approvals: z.array(ApprovalView),
  counts: z.object({ pending: z.int(), rejected: z.int() }),
});
export type ApprovalsAnswer = z.infer<typeof ApprovalsAnswer>;

/** The digest is the one that the person saw; a decision on anything else is refused with 409. */
export const DecisionBody = z
  .object({
    decision: z.enum(["approve", "reject"]),
    digest: z.string().min(1).max(200),
    comment: z.string().trim().max(1000).optional(),
    evidence_opened: z.boolean().default(false),
  })
  .meta({ id: "DecisionBody" });
export type DecisionBody = z.infer<typeof DecisionBody>;

/** Exactly the list that the preview showed. Each item succeeds or fails by itself. */
export const BulkDecisionBody = z
  .object({
    decision: z.enum(["approve", "reject", "heal"]),
    items: z
      .array(z.object({ id: z.string().max(100), digest: z.string().max(200) }))
      .min(1)
      .max(500),
    comment: z.string().trim().max(1000).optional(),
  })
  .meta({ id: "BulkDecisionBody" });
export type BulkDecisionBody = z.infer<typeof BulkDecisionBody>;

export const DecisionAnswer = z
  .object({ id: z.string(), state: z.enum(APPROVAL_STATES), incident_id: z.string() })
  .meta({ id: "DecisionAnswer" });
export type DecisionAnswer = z.infer<typeof DecisionAnswer>;
export const BulkDecisionAnswer = z
  .object({
    done: z.array(DecisionAnswer),
    failed: z.array(z.object({ id: z.string(), reason: z.string() })),
  })
  .meta({ id: "BulkDecisionAnswer" });
export type BulkDecisionAnswer = z.infer<typeof BulkDecisionAnswer>;

export const APPROVALS = resource(PATHS.APPROVALS, {
  GET: {
    auth: "viewer",
    drills: true,
    summary: "Pending and decided approvals, with their evidence",
    query: ApprovalsQuery,
    response: ApprovalsAnswer,
  },
});

/** What the operation would do, by its own account. */
export const DryRunAnswer = z
  .object({
    ok: z.boolean(),
    detail: z.string(),
    result: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "DryRunAnswer" });
export type DryRunAnswer = z.infer<typeof DryRunAnswer>;
export const DRY_RUN = resource(PATHS.DRY_RUN, {
  POST: {
    auth: "operator",
    drills: true,
    summary: "Dry-runs the operation of a pending approval; changes nothing",
    params: z.object({ id: z.string().min(1).max(100) }),
    response: DryRunAnswer,
  },
});

export const DECISION = resource(PATHS.DECISION, {
  POST: {
    auth: "operator",
    drills: true,
    summary: "Approves or rejects the proposal with this digest; approving runs it",
    params: z.object({ id: z.string().min(1).max(100) }),
    body: DecisionBody,
    response: DecisionAnswer,
  },
});
export const BULK_DECISION = resource(PATHS.BULK_DECISION, {
  POST: {
    auth: "operator",
    summary: "Approves or rejects several proposals, each by its digest, or runs rejected ones after all",
    body: BulkDecisionBody,
    response: BulkDecisionAnswer,
  },
});
