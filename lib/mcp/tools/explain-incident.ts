import { z } from "zod";
import { SentinelError } from "@/lib/errors";
import { findIncidentDetail } from "@/lib/views/incident-detail";
import { findExtremes } from "@/lib/views/incident-extremes";
import { findStory } from "@/lib/views/service-story";
import { Explanation, EXTREMES, explain } from "../explain";
import { READ_TIMEOUT_MS, tool } from "../tool";

export const EXPLAIN_INCIDENT = tool({
  name: "explain_incident",
  title: "Explain an incident",
  description:
    "One incident: what was measured, possible causes with the IDs of the evidence that they cite, changes around the onset, what was done, and whether fresh measurements showed recovery. Says so if the cause is unknown.",
  input: z.strictObject({ id: z.string().min(1).max(100).describe("ID of the incident") }),
  output: Explanation,
  timeoutMs: READ_TIMEOUT_MS,
  async run({ id }, { db, origin }) {
    const [detail, story, extremes] = await Promise.all([
      findIncidentDetail(db, id),
      findStory(db, id),
      findExtremes(db, id, EXTREMES),
    ]);
    if (!detail) throw new SentinelError("not_found", { detail: "No incident has this ID; list_incidents finds it" });
    return explain(detail, story, extremes, origin);
  },
});
