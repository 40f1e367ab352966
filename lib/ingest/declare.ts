import type { ChangeBody, ChangeView } from "@/lib/contracts/changes";
import { epochMs } from "@/lib/contracts/timestamp";
import type { By } from "@/lib/db/audit";
import { type Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { findAgent } from "@/lib/db/queries/agents";
import { enterService, touchServices } from "@/lib/db/queries/services";
import { changeView, findAnnounced } from "@/lib/db/queries/changes";
import { changeDiffs, changes } from "@/lib/db/schema";
import { type ChangeDiff, diffText } from "@/lib/evidence/diff-text";
import { changedFiles } from "@/lib/evidence/unified-diff";
import { SentinelError } from "@/lib/errors";
import { newId } from "@/lib/db/ids";
import { wake } from "@/lib/wake";

/**
 * Announces a change, so that what follows it is a new level and not an anomaly. One that comes again (a retry) is answered
 * as the first time and changes nothing. Throws not_found for an unknown agent, invalid for a diff that is none.
 */
export async function declare(
  db: Db,
  body: ChangeBody,
  by: string,
  now: number,
  actor: By = { id: by },
): Promise<ChangeView> {
  if (body.subject_kind === "agent" && !(await findAgent(db, body.subject_id)))
    throw new SentinelError("not_found", {
      detail: "No agent has this ID",
      fields: [{ field: "subject_id", reason: "unknown" }],
    });
  const at = body.at === undefined ? now : epochMs(body.at);
  const diff = diffOf(body);
  const same = await findRepeated(db, { body, diff, at: body.at === undefined ? null : at, by }, now);
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
    writes: [
      ...(service ? [enterService(db, body.subject_id, "change", now), touchServices([body.subject_id])] : []),
      ...(diff ? [db.insert(changeDiffs).values({ changeId: row.id, ...diff, createdAt: now })] : []),
    ],
    events: [
      {
        at: now,
        type: "change.declared",
        ...(service ? { serviceId: body.subject_id } : { agentId: body.subject_id }),
        text: `${body.subject_id}: ${body.kind} change declared${body.note ? `: ${body.note}` : ""}`,
        data: { kind: body.kind, by },
        act: { by: actor },
      },
    ],
  });
  wake(service ? "services" : "agents");
  return changeView({ ...row, accept: false, takenAt: null, effect: null });
}

/** What a body says that was changed, as it may be kept; null where it says nothing. */
function diffOf({ files = [], diff = "" }: ChangeBody): ChangeDiff | null {
  const only = files.length === 1 ? files[0] : undefined;
  const changed = changedFiles(diff, only);
  if (diff.trim() !== "" && changed.length === 0)
    throw new SentinelError("invalid", {
      detail: "The diff does not name any file",
      fields: [
        { field: "diff", reason: "must be a unified diff with a heading for each file (--- a/path, +++ b/path)" },
      ],
    });
  const known = new Set(changed.map(({ filename }) => filename));
  const all = [...changed, ...files.filter((file) => !known.has(file)).map((filename) => ({ filename }))];
  return all.length === 0 ? null : diffText(all);
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
  { body, diff, at, by }: { body: ChangeBody; diff: ChangeDiff | null; at: number | null; by: string },
  now: number,
): Promise<typeof changes.$inferSelect | null> {
  if (at === null && body.to === undefined && body.note === undefined && diff === null) return null;
  return findAnnounced(
    db,
    { kind: body.subject_kind, id: body.subject_id },
    { ...wordsOf(body), source: by, diff },
    at === null ? { since: now - RETRIED_WITHIN_MS } : { at },
  );
}
