import { sql } from "drizzle-orm";
import { type Db, type Statement, write } from "@/lib/db/client";
import type { Embedder } from "./embedding";
import { couldNotLook, found, type Looked, messageOf, quoted } from "./looked";

const SOURCE = "embeddings of episodes";
/** Texts of one batch: putting a vector into the index takes some 8 ms, in which a local database does nothing else. */
const BATCH = 8;
/** Neighbours asked of the index for each one wanted: some may be another model's. */
const SPARE = 4;

/** The table of one dimension: libSQL fixes it in the column's type. The number is checked, since names cannot be bound. */
function tableOf(dimension: number): string {
  if (!Number.isInteger(dimension) || dimension < 1) throw new Error(`Not a dimension: ${dimension}`);
  return `episode_vectors_${dimension}`;
}

/** What is compared of an episode: as it would be told. */
export const episodeText = ({ title, body }: { title: string; body: string }): string => `${title}\n${body}`;

/**
 * Embeds episodes that this model has not embedded yet, the newest first, so that a change of model heals by itself; vectors of
 * other models go with it. One call does one batch. The table of a dimension is made when first needed.
 *
 * @returns how many were embedded; 0: all are.
 */
export async function embedEpisodes(db: Db, embedder: Embedder, signal?: AbortSignal): Promise<Looked<number>> {
  try {
    const episodes = await db.all<{ incidentId: string; title: string; body: string }>(sql`
      SELECT incident_id AS incidentId, title, body FROM episodes e
      WHERE NOT EXISTS (SELECT 1 FROM episode_vectors v WHERE v.incident_id = e.incident_id AND v.model = ${embedder.model})
      ORDER BY closed_at DESC LIMIT ${BATCH}`);
    if (episodes.length === 0) return found(SOURCE, 0);
    const embedded = await embedder.embed(episodes.map(episodeText), signal);
    if (!embedded.ok) return embedded;
    const dimension = embedded.value[0]!.length;
    const table = tableOf(dimension);
    const dimensions = await db.all<{ dimension: number }>(sql`SELECT DISTINCT dimension FROM episode_vectors`);
    await write(db, [
      {
        sql: `CREATE TABLE IF NOT EXISTS ${table} (id INTEGER PRIMARY KEY, embedding F32_BLOB(${dimension}) NOT NULL)`,
        args: [],
      },
      {
        sql: `CREATE INDEX IF NOT EXISTS ${table}_index ON ${table} (libsql_vector_idx(embedding, 'metric=cosine'))`,
        args: [],
      },
      ...episodes.flatMap(({ incidentId }, i) => [
        ...dimensions.map((other): Statement => forget(other.dimension, incidentId)),
        { sql: "DELETE FROM episode_vectors WHERE incident_id = ?", args: [incidentId] },
        {
          sql: `INSERT INTO episode_vectors (incident_id, model, dimension, row_id)
                VALUES (?, ?, ?, (SELECT coalesce(max(id), 0) + 1 FROM ${table}))`,
          args: [incidentId, embedder.model, dimension],
        },
        {
          sql: `INSERT INTO ${table} (id, embedding) SELECT row_id, vector32(?) FROM episode_vectors WHERE incident_id = ?`,
          args: [JSON.stringify(embedded.value[i]), incidentId],
        },
      ]),
    ]);
    return found(SOURCE, episodes.length);
  } catch (error) {
    return couldNotLook(SOURCE, `not kept: ${quoted(messageOf(error))}`);
  }
}

const forget = (dimension: number, incidentId: string): Statement => ({
  sql: `DELETE FROM ${tableOf(dimension)} WHERE id IN
        (SELECT row_id FROM episode_vectors WHERE incident_id = ? AND dimension = ?)`,
  args: [incidentId, dimension],
});

/** The episodes whose texts this model puts nearest, with their cosine similarity. None before any was embedded. */
export async function nearestEpisodes(
  db: Db,
  embedder: Embedder,
  { text, limit, signal }: { text: string; limit: number; signal?: AbortSignal },
): Promise<Looked<{ incidentId: string; similarity: number }[]>> {
  const embedded = await embedder.embed([text], signal);
  if (!embedded.ok) return embedded;
  const vector = embedded.value[0]!;
  const table = tableOf(vector.length);
  try {
    const known = await db.all(sql`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ${table}`);
    if (known.length === 0) return found(SOURCE, []);
    const asked = JSON.stringify(vector);
    const near = await db.all<{ incidentId: string; distance: number }>(sql`
      SELECT v.incident_id AS incidentId, vector_distance_cos(t.embedding, vector32(${asked})) AS distance
      FROM vector_top_k(${`${table}_index`}, vector32(${asked}), ${limit * SPARE}) k
      JOIN ${sql.identifier(table)} t ON t.id = k.id
      JOIN episode_vectors v ON v.row_id = k.id AND v.dimension = ${vector.length} AND v.model = ${embedder.model}
      ORDER BY distance LIMIT ${limit}`);
    return found(
      SOURCE,
      near.map(({ incidentId, distance }) => ({ incidentId, similarity: 1 - distance })),
    );
  } catch (error) {
    return couldNotLook(SOURCE, `the database did not answer: ${quoted(messageOf(error))}`);
  }
}
