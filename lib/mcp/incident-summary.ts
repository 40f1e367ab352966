import { z } from "zod";
import type { IncidentSummary } from "@/lib/contracts/incidents";
import { INCIDENT_STATES, MODES, SUBJECT_KINDS } from "@/lib/core/base/vocabulary";
import { iso, isoOrNull, pageOf, quoted, quotedOrNull, time } from "./words";

/** Subjects of one incident that are named; a shared cause has one for each agent. */
const SUBJECTS = 5;
/** Characters of an incident's title: the longest that Sentinel writes names an agent and a metric. */
const TITLE_CHARS = 300;

export const Incident = z.object({
  id: z.string(),
  url: z.string().describe("its page in the console"),
  kind: z.enum(["agent", "external", "limit", "service", "budget"]).describe("external: a cause that agents share"),
  state: z.enum(INCIDENT_STATES),
  title: z.string(),
  severity: z.number().describe("0 to 10"),
  mode: z.enum(MODES).describe("observe: nothing was done; recommend: actions wait for approval; act"),
  cause: z.string().nullable().describe("`unknown`: looked for and not found; null: not looked for yet"),
  confidence: z.number().nullable().describe("in the cause, 0 to 1"),
  subjects: z.array(z.object({ kind: z.enum(SUBJECT_KINDS), id: z.string() })).max(SUBJECTS),
  more_subjects: z.int(),
  onset_at: time,
  opened_at: time,
  contained_at: time.nullable().describe("when its agents were on hold; null: they are not"),
  recovered_at: time.nullable().describe("when fresh measurements showed recovery; null: they have not"),
  closed_at: time.nullable(),
  acknowledged_by: z.string().nullable(),
  assignee: z.string().nullable(),
  outcome: z.string().nullable(),
  would_have: z.string().nullable().describe("in observe mode: what would have been done"),
});

/** An incident as clients see it. */
export const incidentOf = (row: IncidentSummary, origin: string): z.input<typeof Incident> => ({
  id: row.id,
  url: pageOf(origin, "incidents", row.id),
  kind: row.kind,
  state: row.state,
  title: quoted(row.title, TITLE_CHARS),
  severity: row.severity,
  mode: row.mode,
  cause: causeOf(row),
  confidence: row.confidence,
  subjects: row.subjects.slice(0, SUBJECTS).map(({ kind, id }) => ({ kind, id })),
  more_subjects: Math.max(0, row.subjects.length - SUBJECTS),
  onset_at: iso(row.onset_at),
  opened_at: iso(row.opened_at),
  contained_at: isoOrNull(row.contained_at),
  recovered_at: isoOrNull(row.healed_at),
  closed_at: isoOrNull(row.closed_at),
  acknowledged_by: quotedOrNull(row.acknowledged_by),
  assignee: row.assignee && quoted(row.assignee.name),
  outcome: quotedOrNull(row.outcome),
  would_have: quotedOrNull(row.would_have),
});

/** Of a service, where it is; of agents, what it is. */
function causeOf({ kind, cause, diagnosis }: IncidentSummary): string | null {
  if (kind !== "service") return diagnosis;
  if (cause === null) return null;
  return cause.node === null ? cause.kind : `${cause.kind} of ${quoted(cause.node)}`;
}
