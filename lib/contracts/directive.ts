import { z } from "zod";
import { HOLD_LEVELS } from "@/lib/core/base/hold-levels";
import { AT_LIMIT, AUTONOMY_LEVELS, DIRECTIVE_STATUSES } from "@/lib/core/base/vocabulary";
import { GUARD_MEASURES } from "@/lib/core/budgets/budget";

const ofGuards = <M extends string>(measures: readonly M[], key: string) =>
  z.object({
    id: z.string(),
    measure: z.enum(measures),
    limit: z.number().positive(),
    at_limit: z.enum(AT_LIMIT),
    more: z.record(z.string(), z.number()).describe(`by ${key}: what was granted in addition to the limit`),
  });

/**
 * The desired state sent to an agent. `version` only grows; an instance applies the newest it has seen and reports the
 * version and hash it applied. `lease_seconds` says how long the directive holds when Sentinel cannot be reached.
 */
export const Directive = z
  .object({
    agent_id: z.string(),
    version: z.int().min(0),
    hash: z.string().describe("changes whenever any field except the lease and the budgets changes"),
    status: z.enum(DIRECTIVE_STATUSES),
    level: z
      .enum(HOLD_LEVELS)
      .nullable()
      .describe(
        "how the quarantine stops the agent; null unless status is quarantined. Hosts that do not support levels drain",
      ),
    hand_over_to: z
      .string()
      .nullable()
      .describe("at level hand_over: the agent that takes over the queued tasks; null: the host decides"),
    prompt: z.object({ rollback_to: z.string().describe("hash of a prompt that the SDK still holds") }).nullable(),
    revoked_tools: z.array(z.string()),
    autonomy: z.object({
      level: z.enum(AUTONOMY_LEVELS),
      max_model_calls: z.int().positive().nullable().describe("per run"),
      max_tool_calls: z.int().positive().nullable().describe("per run"),
      temperature: z.number().min(0).max(2).nullable(),
    }),
    memory_epoch: z.int().min(0).describe("a new epoch is a fresh memory namespace; the old one is kept"),
    successor: z.string().nullable().describe("agent id that takes over when status is retired"),
    reason: z.string(),
    lease_seconds: z.int().positive(),
    budgets: z
      .array(ofGuards(GUARD_MEASURES.run, "run_id"))
      .describe(
        "budgets of each run; they apply even after the lease has expired. Not part of version and hash: read them from every response",
      ),
    tree_budgets: z
      .array(ofGuards(GUARD_MEASURES.tree, "root_run_id"))
      .describe(
        "budgets of each run with all its descendants, in the same way; a host can apply them to the runs that it knows of",
      ),
  })
  .meta({ id: "Directive" });
export type Directive = z.infer<typeof Directive>;
