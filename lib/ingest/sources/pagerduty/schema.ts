import { z } from "zod";
import { isoTime } from "@/lib/contracts/timestamp";

const reference = z.looseObject({ summary: z.string().nullish() }).nullish();

/** PagerDuty's incident, as its webhooks (version 3) hold it. */
export const PagerDutyEvent = z.object({
  event_type: z.string(),
  occurred_at: isoTime,
  data: z.looseObject({
    id: z.string().min(1),
    status: z.enum(["triggered", "acknowledged", "resolved"]),
    title: z.string().nullish(),
    incident_key: z.string().nullish(),
    number: z.union([z.number(), z.string()]).nullish(),
    created_at: isoTime.nullish(),
    resolved_at: isoTime.nullish(),
    html_url: z.string().nullish(),
    urgency: z.string().nullish(),
    service: reference,
    escalation_policy: reference,
    priority: reference,
  }),
});

/** One event a request. What its data hold depends on the event. */
export const PagerDutyBody = z
  .looseObject({
    event: z.looseObject({
      id: z.string().optional(),
      event_type: z.string(),
      resource_type: z.string().optional(),
      occurred_at: z.string(),
      data: z.looseObject({}),
    }),
  })
  .meta({ id: "PagerDutyBody" });
export type PagerDutyBody = z.infer<typeof PagerDutyBody>;
