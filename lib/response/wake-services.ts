import type { Db } from "@/lib/db/client";
import { isDrillDb } from "@/lib/db/drills";
import { wake } from "@/lib/wake";

/** Asks the loop that works on this database's services for a turn soon. */
export const wakeServices = (db: Db): void => wake(isDrillDb(db) ? "drills" : "services");
