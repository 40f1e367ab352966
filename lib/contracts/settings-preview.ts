import { z } from "zod";
import { DIFFERENCES } from "@/lib/core/agents/policy-change";
import { AGENT_ACTIONS, BLIND_SPOTS, POLICY_ANSWERS, STANDINGS } from "@/lib/core/base/vocabulary";
import { AgentTypePatch } from "./agent-types";
import { resource } from "./endpoint";
import { FleetSettingsPatch } from "./overview";
import { PATHS } from "./paths";

const at = z.int().describe("epoch ms");

/** Further back there are seldom raw events, which are kept for two weeks unless set otherwise. */
export const PREVIEW_DAYS = { default: 7, max: 30 } as const;
/** Differences listed one by one; beyond it they are counted. */
export const PREVIEW_LISTED = 200;

/** Settings as they would be saved. What is left out stays as it is. How services are handled is not replayed. */
export const SettingsPreviewBody = z
  .strictObject({
    days: z.int().min(1).max(PREVIEW_DAYS.max).default(PREVIEW_DAYS.default),
    settings: z
      .strictObject({
        ...FleetSettingsPatch.omit({ service_mode: true }).shape,
        limits: z.strictObject(FleetSettingsPatch.shape.limits.unwrap().shape).optional(),
      })
      .default({}),
    types: z.record(z.string().max(200), z.strictObject(AgentTypePatch.shape)).default({}).describe("by agent type"),
  })
  .refine(({ settings, types }) => Object.keys(settings).length + Object.keys(types).length > 0, {
    error: "at least one setting must be changed, in `settings` or `types`",
  })
  .meta({ id: "SettingsPreviewBody" });
export type SettingsPreviewBody = z.output<typeof SettingsPreviewBody>;

export const PreviewEpisode = z
  .object({
    at: at.describe("when the evidence crossed the threshold, epoch ms"),
    standing: z.enum(STANDINGS),
    held_at: at.nullable(),
    holds: z.int().describe("how often it was quarantined within this episode"),
    reason: z.string(),
    severity: z.number(),
    samples: z.int().describe("the agent's samples from the change to its detection"),
    proposal: z
      .object({ action: z.enum(AGENT_ACTIONS), policy: z.enum(POLICY_ANSWERS), reason: z.string() })
      .nullable()
      .describe(
        "what would be proposed first; later proposals depend on how the agent responds, which a replay cannot know",
      ),
  })
  .meta({ id: "PreviewEpisode" });
export type PreviewEpisode = z.infer<typeof PreviewEpisode>;

export const PreviewDifference = z
  .object({
    kind: z.enum(DIFFERENCES),
    agent: z.string(),
    type: z.string(),
    at,
    /** The recorded incident about the same, if there is one. */
    incident: z.string().nullable(),
    today: PreviewEpisode.nullable(),
    changed: PreviewEpisode.nullable(),
    delay_samples: z
      .int()
      .nullable()
      .describe("samples later (negative: earlier) than under the current settings; null if they cannot be compared"),
    delay_ms: z.number().nullable(),
  })
  .meta({ id: "PreviewDifference" });
export type PreviewDifference = z.infer<typeof PreviewDifference>;

const PreviewTotals = z
  .object({
    episodes: z.int(),
    held: z.int(),
    would_hold: z.int(),
    limited: z.int(),
    shared_cause: z.int(),
    asked: z.int(),
    ran: z.int(),
    refused: z.int(),
    recorded: z.int(),
  })
  .meta({ id: "PreviewTotals" });

/** Why something of the replayed time says less than the rest, or nothing. */
export const UNJUDGED = ["learning", "late", "held_in_record", "failed", ...BLIND_SPOTS] as const;
export type Unjudged = (typeof UNJUDGED)[number];

export const SettingsPreviewAnswer = z
  .object({
    replayed: z.object({
      from: at,
      to: at,
      events: z.int().describe("events in the compared period"),
      agents: z.int(),
      vitals: z.int().describe("measured values in them"),
      learned_from: at.describe("start of the learning period"),
      learned_events: z.int(),
      cut: z.string().nullable().describe("why the replay does not reach back as far as requested; null if it does"),
      step_ms: z
        .int()
        .describe("time step of the replay; events closer together than this are treated as simultaneous"),
    }),
    unjudged: z.array(z.object({ why: z.enum(UNJUDGED), agents: z.int(), events: z.int().nullable() })),
    record: z
      .object({
        recorded: z.int().describe("episodes in the record"),
        replayed: z.int().describe("episodes in the replay under the current settings"),
        both: z.int(),
        notes: z.array(z.string()).describe("known reasons for the differences"),
      })
      .describe("how far the replay under the current settings matches the record"),
    today: PreviewTotals,
    changed: PreviewTotals,
    differences: z.array(PreviewDifference).describe(`in chronological order, at most ${PREVIEW_LISTED}`),
    more: z.int().describe("differences beyond those listed"),
    cost: z.object({ seconds: z.number(), events_per_second: z.int() }),
  })
  .meta({ id: "SettingsPreviewAnswer" });
export type SettingsPreviewAnswer = z.infer<typeof SettingsPreviewAnswer>;

export const SettingsPreviewStanding = z
  .object({
    running: z
      .object({
        by: z.string(),
        started_at: at,
        done: z.number().min(0).max(1).describe("completed share of the work"),
      })
      .nullable(),
  })
  .meta({ id: "SettingsPreviewStanding" });
export type SettingsPreviewStanding = z.infer<typeof SettingsPreviewStanding>;

export const SETTINGS_PREVIEW = resource(PATHS.SETTINGS_PREVIEW, {
  GET: { auth: "operator", summary: "Progress of a settings preview", response: SettingsPreviewStanding },
  POST: {
    auth: "operator",
    summary: "What changed settings would have done differently over the last days. Nothing is saved",
    body: SettingsPreviewBody,
    response: SettingsPreviewAnswer,
  },
});
