import { type Folded, foldExcess, OPENS_PER_MINUTE, OPENS_WINDOW_MS } from "@/lib/core/alerts/alert-flood";
import type { Grouping } from "@/lib/core/alerts/alert-group";
import type { Db } from "@/lib/db/client";
import { grouped } from "@/lib/core/base/grouped";
import { countOpenedBySource, findOpenByCause } from "@/lib/db/queries/incidents";

/** One incident for all that a source may not open; `incidentId` where one stands open already, which then takes them in. */
export type Flood = Folded & { flood: { incidents: number; causeKey: string }; incidentId: string | null };

/** What may be opened now, and for each source that would open more, the one incident for the rest. */
export async function limitOpens(
  db: Db,
  opens: Grouping["opens"],
  sourceOf: (alertId: string) => string,
  now: number,
): Promise<{ opens: Grouping["opens"]; floods: Flood[] }> {
  const bySource = grouped(opens, ({ alertIds }) => sourceOf(alertIds[0]!));
  const done: { opens: Grouping["opens"]; floods: Flood[] } = { opens: [], floods: [] };
  for (const [source, list] of bySource) {
    const room = OPENS_PER_MINUTE - (await countOpenedBySource(db, source, now - OPENS_WINDOW_MS));
    const { opens: open, folded } = foldExcess(list, room);
    done.opens.push(...open);
    if (!folded) continue;
    const causeKey = `flood:${source}`;
    const standing = await findOpenByCause(db, causeKey);
    done.floods.push({ ...folded, flood: { incidents: folded.incidents, causeKey }, incidentId: standing?.id ?? null });
  }
  return done;
}
