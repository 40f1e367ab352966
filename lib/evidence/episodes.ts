import { and, desc, eq, inArray, ne, sql } from "drizzle-orm";
import type { SubjectKind } from "@/lib/core/base/vocabulary";
import type { Db, Statement } from "@/lib/db/client";
import { type EpisodeFeatures, episodes } from "@/lib/db/schema";
import type { Embedder } from "./embedding";
import { nearestEpisodes } from "./episode-vectors";
import { fullTextQuery, searchTerms } from "./full-text";
import { fuse } from "./fusion";
import { couldNotLook, found, type Looked, messageOf, quoted, unreadOf } from "./looked";

type Episode = typeof episodes.$inferSelect;

/** A closed incident that is like the one asked about. Titles are untrusted text. */
export interface SimilarEpisode {
  id: string;
  title: string;
  node: string | null;
  kind: Episode["causeKind"];
  action: string | null;
  outcome: Episode["outcome"];
  /** When it was closed, in epoch seconds. */
  at: number;
  /** 0 to 1: how much of what is known of the new incident it shares. The order is that of the fused rankings, not of this. */
  similarity: number;
  /** What it shares, in words for people. */
  shares: string[];
  /** People found its cause wrong. */
  disputed: boolean;
}

export interface EpisodeQuery {
  /** Incidents of agents resemble those of agents, and of services those of services, which is what is asked for by default. */
  subjectKind?: SubjectKind;
  /** The incident as it would be told: title, alerts, first findings. Any text. */
  text: string;
  service?: string;
  /** What more is known of it. */
  features?: Partial<EpisodeFeatures>;
  /** The incident itself, when it has an episode already. */
  except?: string;
  limit?: number;
  signal?: AbortSignal;
}

const SOURCE = "past incidents";
/** Places of each ranking that are fused. */
const DEPTH = 50;
/** The newest episodes whose features are compared one by one. */
const MAX_COMPARED = 5_000;
const TITLE_WEIGHT = 2;
/** What shares less of what is known than this is no precedent. */
const LEAST_SIMILARITY = 0.1;

/**
 * Past incidents like this one: by text (bm25), by features, and by embedding where one is given, fused by their places.
 * Those whose cause people found wrong come last. When the embedding could not be had, the others stand and the source says so.
 */
export async function similarEpisodes(
  db: Db,
  query: EpisodeQuery,
  embedder?: Embedder,
): Promise<Looked<SimilarEpisode[]>> {
  const limit = query.limit ?? 5;
  const features = { service: query.service, ...query.features };
  try {
    const [text, alike, meaning] = await Promise.all([
      byText(db, query),
      byFeatures(db, features, query),
      embedder ? nearestEpisodes(db, embedder, { text: query.text, limit: DEPTH, signal: query.signal }) : null,
    ]);
    const near = new Map(
      (meaning?.ok ? meaning.value : [])
        .filter(({ incidentId }) => incidentId !== query.except)
        .map(({ incidentId, similarity }) => [incidentId, similarity]),
    );
    const scores = fuse([text, alike, near]);
    const best = [...scores.keys()];
    const rows =
      best.length === 0
        ? []
        : await db
            .select()
            .from(episodes)
            .where(and(inArray(episodes.incidentId, best), ofKind(query)));
    const similar = rows
      .map((episode) => ({
        episode,
        similarity: similarityOf(episode, query.text, features, near.get(episode.incidentId)),
      }))
      .filter(({ similarity }) => similarity >= LEAST_SIMILARITY)
      .sort(
        ({ episode: a }, { episode: b }) =>
          Number(a.feedback < 0) - Number(b.feedback < 0) ||
          scores.get(b.incidentId)! - scores.get(a.incidentId)! ||
          b.feedback - a.feedback ||
          b.closedAt - a.closedAt,
      );
    return found(
      SOURCE,
      similar.slice(0, limit).map(({ episode, similarity }) => ({
        id: episode.incidentId,
        title: episode.title,
        node: episode.causeNode,
        kind: episode.causeKind,
        action: episode.action,
        outcome: episode.outcome,
        at: episode.closedAt / 1_000,
        similarity,
        shares: sharedWith(episode.subjectKind, episode.features, features),
        disputed: episode.feedback < 0,
      })),
      similar.length > limit,
      unreadOf([meaning]),
    );
  } catch (error) {
    return couldNotLook(SOURCE, `the database did not answer: ${quoted(messageOf(error))}`);
  }
}

/** Writes or rewrites an episode with what is searched of it; for the transaction that closes its incident. */
export function episodeWrites(db: Db, episode: typeof episodes.$inferInsert): Statement[] {
  return [
    { sql: "DELETE FROM episodes_fts WHERE id = ?", args: [episode.incidentId] },
    // A text that was rewritten is embedded anew.
    { sql: "UPDATE episode_vectors SET model = '' WHERE incident_id = ?", args: [episode.incidentId] },
    db.insert(episodes).values(episode).onConflictDoUpdate({ target: episodes.incidentId, set: episode }),
    {
      sql: "INSERT INTO episodes_fts (id, title, body) VALUES (?, ?, ?)",
      args: [episode.incidentId, episode.title, episode.body],
    },
  ];
}

const ofKind = ({ subjectKind = "service" }: EpisodeQuery) => eq(episodes.subjectKind, subjectKind);

async function byText(db: Db, { text, except, subjectKind = "service" }: EpisodeQuery): Promise<Map<string, number>> {
  const match = fullTextQuery(text);
  if (match === null) return new Map();
  const rows = await db.all<{ id: string; score: number }>(sql`
    SELECT id, -bm25(episodes_fts, 0, ${TITLE_WEIGHT}, 1) AS score FROM episodes_fts
    WHERE episodes_fts MATCH ${match} AND id <> ${except ?? ""}
      AND id IN (SELECT incident_id FROM episodes WHERE subject_kind = ${subjectKind}) ORDER BY score DESC LIMIT ${DEPTH}`);
  return new Map(rows.map(({ id, score }) => [id, score]));
}

async function byFeatures(
  db: Db,
  features: Partial<EpisodeFeatures>,
  query: EpisodeQuery,
): Promise<Map<string, number>> {
  const rows = await db
    .select({ id: episodes.incidentId, features: episodes.features })
    .from(episodes)
    .where(and(ofKind(query), query.except === undefined ? undefined : ne(episodes.incidentId, query.except)))
    .orderBy(desc(episodes.closedAt))
    .limit(MAX_COMPARED);
  const scored = rows
    .map((row): [string, number] => [row.id, likeness(row.features, features)])
    .filter(([, score]) => score > 0)
    .sort((a, b) => b[1] - a[1]);
  return new Map(scored.slice(0, DEPTH));
}

/**
 * How much two incidents share, in points: one each for the same service, failing dependency and kind of change, and the
 * Jaccard index of their services, alerts and log templates. What one of the two does not know gives nothing.
 */
function likeness(a: EpisodeFeatures, b: Partial<EpisodeFeatures>): number {
  const same = (x?: string | null, y?: string | null): number => (x && x === y ? 1 : 0);
  return (
    same(a.service, b.service) +
    same(a.dependency, b.dependency) +
    same(a.changeKind, b.changeKind) +
    jaccard(a.services, b.services) +
    jaccard(a.alerts, b.alerts) +
    jaccard(a.templates.map(plain), b.templates?.map(plain))
  );
}

/** Points that an episode could have of an incident of which this much is known. */
const mostLikeness = (features: Partial<EpisodeFeatures>): number =>
  Object.values(features).filter((value) => value !== null && value !== undefined && value.length > 0).length;

/** The mean of what can be told: the share of features, the share of the text's words, the cosine of their embeddings. */
function similarityOf(
  episode: Episode,
  text: string,
  features: Partial<EpisodeFeatures>,
  cosine: number | undefined,
): number {
  const [most, words] = [mostLikeness(features), searchTerms(text)];
  const said = new Set(searchTerms(`${episode.title}\n${episode.body}`, Infinity));
  const parts = [
    ...(most > 0 ? [likeness(episode.features, features) / most] : []),
    ...(words.length > 0 ? [words.filter((word) => said.has(word)).length / words.length] : []),
    ...(cosine === undefined ? [] : [Math.max(0, cosine)]),
  ];
  return parts.length === 0 ? 0 : parts.reduce((sum, part) => sum + part, 0) / parts.length;
}

function jaccard(a: string[], b: string[] = []): number {
  const [x, y] = [new Set(a), new Set(b)];
  const both = [...x].filter((item) => y.has(item)).length;
  return both === 0 ? 0 : both / (x.size + y.size - both);
}

/** A template without what miners write for variable parts, so that one that was mined anew is known again. */
const plain = (template: string): string =>
  template
    .toLowerCase()
    .replace(/<[^<>]*>|[\p{N}\p{P}\p{S}]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim();

function sharedWith(kind: SubjectKind, a: EpisodeFeatures, b: Partial<EpisodeFeatures>): string[] {
  const templates = new Set(b.templates?.map(plain));
  const [alerts, lines] = [
    a.alerts.filter((alert) => b.alerts?.includes(alert)),
    a.templates.filter((template) => templates.has(plain(template))).length,
  ];
  return [
    ...(a.service === b.service ? [`the same ${kind}, ${a.service}`] : []),
    ...(a.dependency && a.dependency === b.dependency ? [`the same failing dependency, ${a.dependency}`] : []),
    ...(a.changeKind && a.changeKind === b.changeKind ? [`a ${a.changeKind} change before it`] : []),
    ...(alerts.length > 0 ? [`the same alerts: ${alerts.join(", ")}`] : []),
    ...(lines > 0 ? [`${lines} of its log templates`] : []),
  ];
}
