import type { MaintenanceBody } from "@/lib/contracts/operations";
import { epochMs } from "@/lib/contracts/timestamp";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { endMaintenanceClaim } from "@/lib/db/queries/services";
import { maintenanceWindows } from "@/lib/db/schema";
import { invalidField, SentinelError } from "@/lib/errors";
import type { Actor } from "../actor";
import { newId } from "@/lib/db/ids";
import { wakeServices } from "../wake-services";

/** A window is for planned work: one that never ends would be an alert that nobody hears again, in ms. */
const LONGEST_MS = 14 * 86_400_000;

/** Opens a maintenance window. Throws invalid for one that ends before it begins, is over, or is longer than two weeks. */
export async function openMaintenance(db: Db, body: MaintenanceBody, by: Actor, now: number) {
  const startsAt = body.starts_at === undefined ? now : epochMs(body.starts_at);
  const endsAt = epochMs(body.ends_at);
  const bad = (reason: string) => invalidField("ends_at", reason);
  if (endsAt <= startsAt) throw bad("must come after starts_at");
  if (endsAt <= now) throw bad("has already ended");
  if (endsAt - startsAt > LONGEST_MS) throw bad("must be at most two weeks after starts_at");
  const row = {
    id: newId("mnt"),
    service: body.service,
    labels: body.labels,
    startsAt,
    endsAt,
    note: body.note ?? null,
    createdBy: by.name,
    createdAt: now,
  };
  await commit(db, {
    claims: [db.insert(maintenanceWindows).values(row)],
    events: [
      {
        at: now,
        type: "maintenance.opened",
        text: `${by.name} opened a maintenance window for ${body.service} until ${new Date(endsAt).toISOString()}`,
        data: { window: row.id, by: by.id },
      },
    ],
  });
  return row;
}

/** Ends a window now: what it muted and still fires opens what it should. Throws not_found for one that is over. */
export async function endMaintenance(db: Db, id: string, by: Actor, now: number): Promise<void> {
  const won = await commit(db, {
    claims: [endMaintenanceClaim(id, now)],
    events: [
      {
        at: now,
        type: "maintenance.ended",
        text: `${by.name} ended a maintenance window`,
        data: { window: id, by: by.id },
      },
    ],
  });
  if (!won) throw new SentinelError("not_found", { detail: "No active or upcoming maintenance window has this ID" });
  wakeServices(db);
}
