import { z } from "zod";
import { INCIDENT_STATES } from "@/lib/core/base/vocabulary";
import { isoTime } from "@/lib/contracts/timestamp";
import { listIncidents } from "@/lib/views/incidents";
import { Incident, incidentOf } from "../incident-summary";
import { READ_TIMEOUT_MS, tool } from "../tool";
import { iso, time } from "../words";

/** Incidents of a page: fifty with their subjects are some 40,000 characters. */
const LIMIT = { default: 20, max: 50 } as const;
/** A page goes on to the end of its last millisecond, in which a storm may open many: so many of them are given. */
const PAGE_MAX = 2 * LIMIT.max;

export const LIST_INCIDENTS = tool({
  name: "list_incidents",
  title: "List incidents",
  description:
    "Incidents of agents and services, newest first, with state, severity, cause and whether recovery was measured. Use explain_incident for the evidence.",
  input: z.strictObject({
    state: z
      .enum(["active", "closed", ...INCIDENT_STATES])
      .optional()
      .describe("`active`: all that are not closed. Default: any"),
    agent: z.string().max(200).optional().describe("ID of an agent"),
    service: z.string().max(200).optional().describe("ID of a service"),
    kind: z.enum(["agents", "services"]).optional(),
    min_severity: z.number().min(0).max(10).optional(),
    limit: z.int().min(1).max(LIMIT.max).default(LIMIT.default),
    before: isoTime.optional().describe("`next_before` of the previous page: incidents opened before that time"),
  }),
  output: z.object({
    incidents: z.array(Incident),
    total: z.int().describe("incidents that match, on all pages"),
    omitted: z.int().describe("opened in the same millisecond as the page's last one, and left out"),
    next_before: time.nullable().describe("for the next page; null: this is the last one"),
  }),
  timeoutMs: READ_TIMEOUT_MS,
  async run(input, { db, origin }) {
    const { incidents, total } = await listIncidents(db, input);
    const shown = incidents.slice(0, PAGE_MAX);
    return {
      incidents: shown.map((one) => incidentOf(one, origin)),
      total,
      omitted: incidents.length - shown.length,
      next_before: incidents.length < input.limit ? null : iso(incidents.at(-1)!.opened_at),
    };
  },
});
