import type { ChangeBody, ChangeView } from "@/lib/contracts/changes";
import { epochMs } from "@/lib/contracts/timestamp";
import { type Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { findAgent } from "@/lib/db/queries/agents";
import { enterService, touchServices } from "@/lib/db/queries/services";
import { changes } from "@/lib/db/schema";
import { SentinelError } from "@/lib/errors";
import { newId } from "./ids";
import { requestSweep } from "./scheduler";

/** Announces a change, so that what follows it is a new level and not an anomaly. Throws not_found for an unknown agent. */
export async function declare(db: Db, body: ChangeBody, by: string, now: number): Promise<ChangeView> {
  if (body.subject_kind === "agent" && !(await findAgent(db, body.subject_id)))
    throw new SentinelError("not_found", {
      detail: "There is no agent of this id",
      fields: [{ field: "subject_id", reason: "unknown" }],
    });
  const at = body.at === undefined ? now : epochMs(body.at);
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
  requestSweep();
  return {
    id: row.id,
    subject_kind: row.subjectKind,
    subject_id: row.subjectId,
    kind: row.kind,
    at,
    declared: true,
    from: row.from,
    to: row.to,
    note: row.note,
    source: by,
  };
}
