import { z } from "zod";
import { epochMs, timestamp } from "@/lib/contracts/timestamp";
import { ALERT_STATUSES } from "@/lib/core/alerts/alert";

/** Labels may be numbers and booleans, as in other people's JSON; null is none. */
const labels = z
  .record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean(), z.null()], { error: "expected a string, number, boolean or null" }),
  )
  .transform((record) =>
    Object.fromEntries(
      Object.entries(record).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)]])),
    ),
  );
const time = timestamp.transform(epochMs);

/** An alert in our own words, for whatever can send JSON. Only the name is needed. Common words of other tools are taken too (see `normalizeDialect`). */
export const GenericAlert = z
  .object({
    name: z.string().trim().min(1).describe("the rule that fired"),
    status: z.enum(ALERT_STATUSES).default("firing"),
    service: z
      .string()
      .nullish()
      .describe("the service it is about; by default taken from the labels service, app, job …"),
    severity: z.string().nullish().describe("critical, warning or info; P1 to P5 and the like are understood"),
    id: z
      .union([z.string(), z.number()])
      .nullish()
      .describe(
        "the same for every message about this alert; if missing, alerts are distinguished by name, service and labels",
      ),
    starts_at: time.nullish().describe("the same for every message about this occurrence"),
    ends_at: time.nullish(),
    summary: z.string().nullish().describe("one line for people"),
    description: z.string().nullish(),
    url: z.string().nullish().describe("where to look at it"),
    value: z.number().nullish().describe("the number that crossed its limit"),
    labels: labels.nullish(),
    annotations: labels.nullish(),
  })
  .meta({ id: "GenericAlert" });

const Alerts = z.array(z.unknown()).min(1);
/** One alert, a list, or `{ alerts: […] }`. Alerts are checked one by one. */
export const GenericBody = z
  .union([
    Alerts.transform((alerts) => ({ alerts, path: [] as PropertyKey[] })),
    z.object({ alerts: Alerts }).transform(({ alerts }) => ({ alerts, path: ["alerts"] as PropertyKey[] })),
    z
      .looseObject({ alerts: z.undefined().optional() })
      .transform((alert) => ({ alerts: [alert as unknown], path: null })),
  ])
  .meta({ id: "GenericAlertBody" });
export type GenericBody = z.infer<typeof GenericBody>;

/** For the OpenAPI document only. */
export const GenericBodyDoc = z
  .union([GenericAlert, z.array(GenericAlert), z.object({ alerts: z.array(GenericAlert) })])
  .meta({ id: "GenericAlertBodyDoc" });
