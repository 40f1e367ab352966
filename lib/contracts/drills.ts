import { z } from "zod";
import { INCIDENT_STATES, OUTCOMES } from "@/lib/core/base/vocabulary";
import { resource } from "./endpoint";
import { PATHS } from "./paths";

const at = z.int().describe("epoch ms");
const name = z.string().min(1).max(200);

/** A recorded incident that is played in a world of its own. Nothing in it is real, and nothing in it reaches what is. */
export const DrillView = z
  .object({
    id: z.string(),
    scenario: z.string(),
    title: z.string(),
    service: z.string().describe("the service that alerted"),
    fired_by: z.string(),
    fired_at: at,
    expires_at: at.describe("epoch ms at which it is deleted automatically"),
    incident: z.object({
      id: z.string().describe("its incident, in the drill's sandbox: request it with ?drill="),
      state: z.enum(INCIDENT_STATES),
      title: z.string(),
      outcome: z.string().nullable(),
      opened_at: at,
      closed_at: at.nullable(),
    }),
    answer: z
      .object({
        node: z.string(),
        why: z.string(),
        right: z.boolean().describe("whether the top cause that Sentinel found is this one"),
      })
      .nullable()
      .describe("the actual cause; null until its incident is closed"),
  })
  .meta({ id: "DrillView" });
export type DrillView = z.infer<typeof DrillView>;

/** One drill as it goes on. */
export const DrillDetail = DrillView.extend({
  signal: z
    .object({
      service: z.string(),
      metric: z.string(),
      unit: z.string().nullable(),
      above: z.number().describe("limit above which the alert fires"),
      points: z.array(z.tuple([at, z.number()])),
    })
    .describe("the alerting series: as recorded up to the alert, replayed after it"),
  operations: z.array(
    z.object({ name: z.string(), service: z.string(), at, by: z.string(), outcome: z.enum(OUTCOMES) }),
  ),
  episode: z
    .object({
      title: z.string(),
      cause_node: z.string().nullable(),
      cause_kind: z.string(),
      action: z.string().nullable(),
      outcome: z.enum(OUTCOMES),
      closed_at: at,
    })
    .nullable()
    .describe("its episode in the drill's own database, once it is closed"),
}).meta({ id: "DrillDetail" });
export type DrillDetail = z.infer<typeof DrillDetail>;

export const DRILLS = resource(PATHS.DRILLS, {
  GET: { auth: "viewer", summary: "Drills, newest first", response: z.object({ drills: z.array(DrillView) }) },
  DELETE: {
    auth: "operator",
    summary: "Deletes all drills with everything in them",
    response: z.object({ deleted: z.int() }),
  },
});

const params = z.object({ id: name });
export const DRILL = resource(PATHS.DRILL, {
  GET: { auth: "viewer", summary: "One drill in progress", params, response: DrillDetail },
  DELETE: { auth: "operator", summary: "Deletes a drill with everything in it", params },
});

export const ScenarioView = z
  .object({ id: z.string(), title: z.string(), service: z.string() })
  .meta({ id: "ScenarioView" });
export type ScenarioView = z.infer<typeof ScenarioView>;
export const SCENARIOS = resource(PATHS.SCENARIOS, {
  GET: {
    auth: "viewer",
    summary: "Recorded incidents that can be run as drills",
    response: z.object({ scenarios: z.array(ScenarioView) }),
  },
});

export const ScenarioFired = z
  .object({ drill: z.string(), incidents: z.array(z.string()).describe("in the drill's sandbox") })
  .meta({ id: "ScenarioFired" });
export const SCENARIO_FIRE = resource(PATHS.SCENARIO_FIRE, {
  POST: {
    auth: "operator",
    summary: "Runs a recorded incident as a drill: it is replayed in a sandbox, as if it happened now",
    params,
    response: ScenarioFired,
    status: 201,
  },
});
