import { deleteDrill, listDrillIds } from "@/lib/db/drills";
import { SentinelError } from "@/lib/errors";

/** Deletes a drill with everything in it. Throws not_found. */
export async function removeDrill(id: string): Promise<void> {
  if (!(await deleteDrill(id)))
    throw new SentinelError("not_found", { detail: "No drill has this ID; it may have been deleted" });
}

/** Deletes every drill, and says how many there were. */
export async function deleteAllDrills(): Promise<number> {
  const done = await Promise.all((await listDrillIds()).map(deleteDrill));
  return done.filter(Boolean).length;
}
