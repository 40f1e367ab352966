import { z } from "zod";
import { resource } from "./endpoint";
import { PATHS } from "./paths";
import { nameText } from "./plain-text";
import { timestamp } from "./timestamp";

const at = z.int().describe("epoch ms");
const name = nameText(200);

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
    labels: z.record(name, nameText(500).or(z.literal(""))).default({}),
    starts_at: timestamp.optional().describe("default: now"),
    ends_at: timestamp,
    note: z.string().max(1_000).optional(),
  })
  .meta({ id: "MaintenanceBody" });
export type MaintenanceBody = z.output<typeof MaintenanceBody>;

export const MAINTENANCE = resource(PATHS.MAINTENANCE, {
  GET: {
    auth: "viewer",
    summary: "Maintenance windows, active and upcoming",
    response: z.object({ windows: z.array(MaintenanceView) }),
  },
  POST: {
    auth: "operator",
    summary: "Opens a maintenance window: matching alerts are recorded but open no incident",
    body: MaintenanceBody,
    response: MaintenanceView,
    status: 201,
  },
});
export const MAINTENANCE_WINDOW = resource(PATHS.MAINTENANCE_WINDOW, {
  DELETE: {
    auth: "operator",
    summary: "Ends a maintenance window now",
    params: z.object({ id: z.string().min(1).max(200) }),
  },
});

export const RunbookView = z
  .object({ path: z.string(), title: z.string(), services: z.array(z.string()), updated_at: at, body: z.string() })
  .meta({ id: "RunbookView" });
export type RunbookView = z.infer<typeof RunbookView>;
export const RunbooksAnswer = z.object({
  runbooks: z.array(RunbookView),
  sections: z.array(z.object({ path: z.string(), heading: z.string(), body: z.string() })),
});
export type RunbooksAnswer = z.infer<typeof RunbooksAnswer>;
export const RUNBOOKS = resource(PATHS.RUNBOOKS, {
  GET: {
    auth: "viewer",
    summary: "Runbooks, or their sections that match a query",
    query: z.object({ q: z.string().max(500).optional() }),
    response: RunbooksAnswer,
  },
});
