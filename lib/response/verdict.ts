import type { VerdictBody } from "@/lib/contracts/scores";
import type { Verdicts } from "@/lib/core/scoring/question";
import { holdDecision, type HoldDecision } from "@/lib/core/scoring/would-have";
import { commit } from "@/lib/db/commit";
import type { Db } from "@/lib/db/client";
import { Plan } from "@/lib/db/plan";
import { getIncident } from "@/lib/db/queries/incidents";
import { listAllCauses } from "@/lib/db/queries/investigations";
import { findScores, holdVerdictClaim, verdictsAskedOf } from "@/lib/db/queries/scores";
import { SentinelError } from "@/lib/errors";
import type { Actor } from "./actor";
import { conflict } from "./commit-or-conflict";
import { thumb } from "./feedback";
import { rescore } from "./score";

const QUESTIONS = [
  { field: "cause_right", of: "cause", what: "the top cause" },
  { field: "remedy_right", of: "remedy", what: "the remedy" },
  { field: "hold_right", of: "hold", what: "the quarantine decision" },
] as const;
type Question = (typeof QUESTIONS)[number];

/** What a verdict on the hold is about, as the timeline says it. */
const HOLD_WHAT: Record<HoldDecision, string> = {
  hold: "the quarantine decision",
  no_hold: "the quarantine decision",
  would_hold: "the would-have quarantine",
};

/**
 * A person's word on how a closed incident was handled; it completes the scores, and what is said again replaces what was said. The verdict
 * on the first cause is its thumb as well. On a would-have hold it can be given before there are scores, which then take it over. Throws
 * not_found, `conflict` while there are no scores, `invalid` for what cannot be asked.
 */
export async function giveVerdict(
  db: Db,
  incidentId: string,
  said: VerdictBody,
  by: Actor,
  now: number,
): Promise<void> {
  const incident = await getIncident(db, incidentId);
  const [before, asks] = await Promise.all([findScores(db, incidentId), verdictsAskedOf(db, incident)]);
  const answered = QUESTIONS.filter(({ field }) => said[field] !== undefined);
  const decision = holdDecision(incident);
  const early = !before && decision === "would_hold" && answered.every(({ of }) => of === "hold");
  if (!before && !early)
    throw conflict(incident.closedAt === null ? "The incident is not closed yet" : "The incident is not scored yet");
  const unasked = answered.filter(({ of }) => !asks[of]);
  if (unasked.length > 0)
    throw new SentinelError("invalid", {
      detail: "This verdict does not apply to the incident",
      fields: unasked.map(({ field, what }) => ({
        field,
        reason: `does not apply: ${what} cannot be judged for this incident`,
      })),
    });
  const whatOf = ({ of, what }: Question) => (of === "hold" ? HOLD_WHAT[decision] : what);
  const verdicts: Verdicts = {
    ...(said.cause_right === undefined ? {} : { causeRight: said.cause_right }),
    ...(said.remedy_right === undefined ? {} : { remedyRight: said.remedy_right }),
    ...(said.hold_right === undefined ? {} : { heldRight: said.hold_right }),
  };
  const claims = before
    ? await rescore(db, incident, before, verdicts, by.name, now)
    : [holdVerdictClaim(incidentId, said.hold_right === true, by.name)];
  const plan = new Plan().claim(...claims).tell({
    at: now,
    type: "incident.verdict",
    incidentId,
    serviceId: incident.causeNode,
    text: `Verdict of ${by.name}: ${answered.map((one) => `${whatOf(one)} was ${said[one.field] ? "right" : "wrong"}`).join(", ")}`,
    data: { by: by.id, ...said },
  });
  const [first] = said.cause_right === undefined ? [] : await listAllCauses(db, incidentId);
  if (first) thumb(plan, incidentId, first, said.cause_right ? 1 : -1, by);
  if (!(await commit(db, plan))) throw conflict("Somebody else gave a verdict at the same time");
}
