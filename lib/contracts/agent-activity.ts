import { z } from "zod";
import { SERIES_METRICS } from "@/lib/core/base/vocabulary";
import { resource } from "./endpoint";
import { PATHS } from "./paths";
import { AgentParams, at } from "./agents";

export const SeriesQuery = z.object({
  metric: z.enum(SERIES_METRICS).default("latency_ms"),
  minutes: z.coerce.number().min(1).max(20_160).default(15),
});
/** Raw points while they are kept and few enough, hourly means before that. Gaps are gaps, never 0. */
export const SeriesAnswer = z
  .object({
    metric: z.string(),
    resolution: z.enum(["event", "bucket", "hour"]),
    points: z.array(
      z.object({
        at,
        value: z.number().describe("the mean, if the point covers several events"),
        min: z.number(),
        max: z.number(),
        low: z.number().nullable().describe("usual range; null while there is none"),
        high: z.number().nullable(),
      }),
    ),
    metrics: z.array(z.string()).describe("metrics this agent reports"),
  })
  .meta({ id: "SeriesAnswer" });
export type SeriesAnswer = z.infer<typeof SeriesAnswer>;

export const RunsAnswer = z
  .object({
    runs: z.array(
      z.object({
        run_id: z.string(),
        parent_run_id: z.string().nullable(),
        task_id: z.string().nullable(),
        started_at: at,
        last_at: at,
        ended_at: at.nullable(),
        outcome: z.string().nullable(),
        model_calls: z.int(),
        tool_calls: z.int(),
        errors: z.int(),
        unknown_outcomes: z.int().describe("tool calls that were cut off, so it is unknown whether they took effect"),
        tokens: z.number().nullable(),
        cost: z.number().nullable(),
      }),
    ),
  })
  .meta({ id: "RunsAnswer" });
export type RunsAnswer = z.infer<typeof RunsAnswer>;

export const AGENT_SERIES = resource(PATHS.AGENT_SERIES, {
  GET: {
    auth: "viewer",
    summary: "One metric of an agent over time, with its usual range",
    params: AgentParams,
    query: SeriesQuery,
    response: SeriesAnswer,
  },
});
export const AGENT_RUNS = resource(PATHS.AGENT_RUNS, {
  GET: { auth: "viewer", summary: "An agent's newest runs", params: AgentParams, response: RunsAnswer },
});
