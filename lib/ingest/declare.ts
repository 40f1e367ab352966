import type { ChangeBody, ChangeView } from "@/lib/contracts/changes";
import { epochMs } from "@/lib/contracts/timestamp";
import { type Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { findAgent } from "@/lib/db/queries/agents";
import { enterService, touchServices } from "@/lib/db/queries/services";
import { changeView, findAnnounced } from "@/lib/db/queries/changes";
import { changes } from "@/lib/db/schema";
import { SentinelError } from "@/lib/errors";
import { newId } from "@/lib/db/ids";
import { wake } from "@/lib/wake";

/**
 * Announces a change, so that what follows it is a new level and not an anomaly. One that comes again (a retry) is answered
 * as the first time and changes nothing. Throws not_found for an unknown agent.
 */
export async function declare(db: Db, body: ChangeBody, by: string, now: number): Promise<ChangeView> {
  if (body.subject_kind === "agent" && !(await findAgent(db, body.subject_id)))
    throw new SentinelError("not_found", {
      detail: "No agent has this ID",
      fields: [{ field: "subject_id", reason: "unknown" }],
    });
  const at = body.at === undefined ? now : epochMs(body.at);
  const same = await findRepeated(db, { body, at: body.at === undefined ? null : at, by }, now);
  if (same) return changeView(same);
  const row = {
    id: newId("chg"),
    subjectKind: body.subject_kind,
    subjectId: body.subject_id,
    kind: body.kind,
    at,
    declared: true,
    from: body.from ?? null,
    to: body.to ?? null,
    note: body.note ?? null,
    source: by,
    status: "declared" as const,
    createdAt: now,
  };
  const service = body.subject_kind === "service";
  await commit(db, {
    claims: [db.insert(changes).values(row)],
    // What was proposed for the service as it was is void.
    writes: service ? [enterService(db, body.subject_id, "change", now), touchServices([body.subject_id])] : [],
    events: [
      {
        at: now,
        type: "change.declared",
        ...(service ? { serviceId: body.subject_id } : { agentId: body.subject_id }),
        text: `${body.subject_id}: ${body.kind} change announced${body.note ? `: ${body.note}` : ""}`,
        data: { kind: body.kind, by },
      },
    ],
  });
  wake(service ? "services" : "agents");
  return changeView({ ...row, accept: false, takenAt: null });
}

/** Who sends again what was not answered in time does so within minutes, in ms. */
const RETRIED_WITHIN_MS = 5 * 60_000;

const wordsOf = ({ kind, from, to, note }: ChangeBody) => ({
  kind,
  from: from ?? null,
  to: to ?? null,
  note: note ?? null,
});

/**
 * The change that an announcement repeats: the same words by the same sender about the same moment. Where no moment is
 * stated, the subject's newest change, if it was announced minutes ago and names a version or says something: a version
 * that is left and taken up again is a new change, and of a bare "deploy" nobody can tell.
 */
async function findRepeated(
  db: Db,
  { body, at, by }: { body: ChangeBody; at: number | null; by: string },
  now: number,
): Promise<typeof changes.$inferSelect | null> {
  if (at === null && body.to === undefined && body.note === undefined) return null;
  const newest = await findAnnounced(
    db,
    { kind: body.subject_kind, id: body.subject_id },
    at === null ? { since: now - RETRIED_WITHIN_MS } : { at, words: wordsOf(body) },
  );
  if (newest?.source !== by) return null;
  const { kind, from, to, note } = wordsOf(body);
  const repeats = newest.kind === kind && newest.from === from && newest.to === to && newest.note === note;
  return repeats ? newest : null;
}
