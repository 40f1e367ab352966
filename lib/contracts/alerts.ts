import { z } from "zod";

/** Bytes of a webhook's body: some thousand alerts in one group. A sender does not try again what was too large. */
export const ALERT_BODY_BYTES = 8_000_000;

/** What became of a request's alerts. Taking them in is all that is answered; incidents open right after. */
export const AlertsAnswer = z
  .object({
    accepted: z.int().describe("new or newly resolved alerts"),
    repeated: z.int().describe("repeats of known alerts"),
    rejected: z
      .array(
        z.object({
          index: z.int(),
          field: z.string().describe("path such as `alerts[3].startsAt`; empty for the whole body"),
          reason: z.string(),
        }),
      )
      .describe("at most 100 problems"),
    notices: z
      .array(z.object({ index: z.int(), field: z.string(), reason: z.string() }))
      .describe("alerts that were accepted with corrections; at most 100"),
    rejected_alerts: z.int().describe("alerts that had a problem; the others were accepted"),
    truncated: z.int().describe("alerts that the sender left out, or beyond 10,000"),
    ignored: z.string().nullable().describe("why there was nothing to do"),
  })
  .meta({ id: "AlertsAnswer" });
export type AlertsAnswer = z.infer<typeof AlertsAnswer>;
