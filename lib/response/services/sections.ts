import type { Db } from "@/lib/db/client";
import { searchRunbooks } from "@/lib/evidence/runbooks";

const SHOWN = 12;

/** Sections of runbooks that fit a question, the best first. */
export async function findSections(db: Db, query: string): Promise<{ path: string; heading: string; body: string }[]> {
  const looked = await searchRunbooks(db, { query, limit: SHOWN });
  if (!looked.ok) throw new Error(`Runbooks could not be searched: ${looked.reason}`);
  return looked.value.map(({ path, heading, body }) => ({ path, heading, body }));
}
