import { z } from "zod";
import { resource } from "./endpoint";
import { identifier } from "./plain-text";
import { timestamp } from "./timestamp";

const at = z.int().describe("epoch ms");
const name = z.string().min(1).max(200);

/** A time in which alerts of some services are expected. */
export const MaintenanceView = z
  .object({
    id: z.string(),
    service: z.string(),
    labels: z.record(z.string(), z.string()),
    starts_at: at,
    ends_at: at,
    note: z.string().nullable(),
    created_by: z.string(),
  })
  .meta({ id: "MaintenanceView" });
export type MaintenanceView = z.infer<typeof MaintenanceView>;

export const MaintenanceBody = z
  .strictObject({
    service: name.describe("a service's name, `*` for any part of it"),
    labels: z.record(name, z.string().max(500)).default({}),
    starts_at: timestamp.optional().describe("now, when left out"),
    ends_at: timestamp,
    note: z.string().max(1_000).optional(),
  })
  .meta({ id: "MaintenanceBody" });
export type MaintenanceBody = z.output<typeof MaintenanceBody>;

export const MAINTENANCE = resource("/api/v1/maintenance", {
  GET: {
    auth: "viewer",
    summary: "Maintenance windows, open and to come",
    response: z.object({ windows: z.array(MaintenanceView) }),
  },
  POST: {
    auth: "operator",
    summary: "Opens a maintenance window: matching alerts are recorded and open nothing",
    body: MaintenanceBody,
    response: MaintenanceView,
    status: 201,
  },
});
export const MAINTENANCE_WINDOW = resource("/api/v1/maintenance/{id}", {
  DELETE: { auth: "operator", summary: "Ends a maintenance window now", params: z.object({ id: name }) },
});

export const RunbookView = z
  .object({ path: z.string(), title: z.string(), services: z.array(z.string()), updated_at: at, body: z.string() })
  .meta({ id: "RunbookView" });
export type RunbookView = z.infer<typeof RunbookView>;
export const RUNBOOKS = resource("/api/v1/runbooks", {
  GET: {
    auth: "viewer",
    summary: "Runbooks, or the sections of them that fit a question",
    query: z.object({ q: z.string().max(500).optional() }),
    response: z.object({
      runbooks: z.array(RunbookView),
      sections: z.array(z.object({ path: z.string(), heading: z.string(), body: z.string() })),
    }),
  },
});

const LogBody = z.object({
  service: identifier(200),
  line: z.string().min(1).max(8_000),
  level: z.string().max(20).optional(),
  timestamp: timestamp.optional(),
});
/** Lines of logs, pushed by whoever has no Loki. */
export const LogsBody = z.object({ lines: z.array(LogBody).min(1).max(5_000) }).meta({ id: "LogsBody" });
export type LogsBody = z.output<typeof LogsBody>;
export const LOGS = resource("/api/v1/logs", {
  POST: {
    auth: "ingestKey",
    summary: "Takes in lines of logs of services, as evidence",
    body: LogsBody,
    response: z.object({ accepted: z.int() }),
    status: 202,
  },
});

export const ScenarioView = z
  .object({ id: z.string(), title: z.string(), service: z.string() })
  .meta({ id: "ScenarioView" });
export type ScenarioView = z.infer<typeof ScenarioView>;
export const SCENARIOS = resource("/api/v1/scenarios", {
  GET: {
    auth: "viewer",
    summary: "Recorded incidents that can be fired",
    response: z.object({ scenarios: z.array(ScenarioView) }),
  },
});
export const SCENARIO_FIRE = resource("/api/v1/scenarios/{id}/fire", {
  POST: {
    auth: "operator",
    summary: "Fires a recorded incident: its alert, logs, changes and map come in as if they happened now",
    params: z.object({ id: name }),
    response: z.object({ incidents: z.array(z.string()) }),
    status: 201,
  },
});
