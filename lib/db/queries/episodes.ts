import { desc, eq, inArray } from "drizzle-orm";
import type { Db, Statement } from "../client";
import { episodes } from "../schema";

/** What is remembered of a closed incident; null while nothing is. */
export const findEpisode = async (db: Db, incidentId: string) =>
  (await db.query.episodes.findFirst({ where: eq(episodes.incidentId, incidentId) })) ?? null;

/** Closed incidents of services as they are remembered, the newest first. */
export const listEpisodes = (db: Db, limit: number) =>
  db.select().from(episodes).where(eq(episodes.subjectKind, "service")).orderBy(desc(episodes.closedAt)).limit(limit);

/** Some of them, in the order of their ids. */
export const listEpisodesAmong = (db: Db, ids: readonly string[]) =>
  db
    .select()
    .from(episodes)
    .where(inArray(episodes.incidentId, [...ids]))
    .orderBy(episodes.incidentId);

/** What is remembered of an incident counts for so much more, or less, when similar ones are looked for. */
export const addEpisodeFeedback = (incidentId: string, by: number): Statement => ({
  sql: "UPDATE episodes SET feedback = feedback + ? WHERE incident_id = ?",
  args: [by, incidentId],
});
