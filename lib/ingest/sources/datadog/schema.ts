import { z } from "zod";
import type { AlertSeverity } from "@/lib/core/base/vocabulary";
import { DATADOG_TEMPLATE } from "./template";

/** A variable that Datadog has nothing for stays as it is, or comes as nothing. */
const filled = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => {
    const text = value == null ? "" : String(value).trim();
    return text === "null" || /^\$[A-Z_]+$/.test(text) ? "" : text;
  });

/** Words for a transition of a monitor, and the worst that each can be. */
export const TRANSITIONS: Record<string, { status: "firing" | "resolved"; severity?: AlertSeverity }> = {
  triggered: { status: "firing" },
  "re-triggered": { status: "firing" },
  renotify: { status: "firing" },
  alert: { status: "firing" },
  "no data": { status: "firing", severity: "warning" },
  "re-no data": { status: "firing", severity: "warning" },
  warn: { status: "firing", severity: "warning" },
  "re-warn": { status: "firing", severity: "warning" },
  recovered: { status: "resolved" },
  ok: { status: "resolved" },
  "warn recovered": { status: "resolved" },
  "no data recovered": { status: "resolved" },
};

export const DatadogAlert = z.object({
  alert_id: filled.refine(
    (id) => id !== "",
    "expected the monitor's ID: check that the payload is the documented template",
  ),
  title: filled,
  transition: filled
    .transform((word) => word.toLowerCase())
    .refine((word) => Object.hasOwn(TRANSITIONS, word), `expected one of ${Object.keys(TRANSITIONS).join(", ")}`),
  type: filled,
  priority: filled,
  scope: filled,
  metric: filled,
  query: filled,
  status: filled,
  message: filled,
  host: filled,
  tags: filled,
  link: filled,
  date: filled,
});

export const DatadogBody = z.looseObject({}).meta({ id: "DatadogBody" });
export type DatadogBody = z.infer<typeof DatadogBody>;
/** For the OpenAPI document only: the template. */
export const DatadogBodyDoc = z
  .object(
    Object.fromEntries(
      Object.entries(DATADOG_TEMPLATE).map(([name, variable]) => [name, z.string().describe(variable)]),
    ),
  )
  .meta({ id: "DatadogBodyDoc", example: DATADOG_TEMPLATE });
