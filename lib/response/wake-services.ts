import type { SubjectKind } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { isDrillDb } from "@/lib/db/drills";
import { wake } from "@/lib/wake";

/** Asks the loop that works on this database's services for a turn soon. */
export const wakeServices = (db: Db): void => wake(isDrillDb(db) ? "drills" : "services");

/** Asks the loop that works on subjects of a kind for a turn soon. */
export function wakeFor(db: Db, kind: SubjectKind): void {
  if (kind === "agent") wake("agents");
  else wakeServices(db);
}
