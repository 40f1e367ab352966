import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { CAUSE_KINDS, DIAGNOSES, OUTCOMES, SUBJECT_KINDS } from "@/lib/core/base/vocabulary";

/** What people wrote about what to do. Its sections are searched in `runbooks_fts` (path, heading, body). */
export const runbooks = sqliteTable("runbooks", {
  path: text().primaryKey(),
  title: text().notNull(),
  body: text().notNull(),
  /** Services it is about; none: all. */
  services: text({ mode: "json" }).$type<string[]>().notNull().default([]),
  hash: text().notNull(),
  updatedAt: integer().notNull(),
});

export interface EpisodeFeatures {
  service: string;
  services: string[];
  alerts: string[];
  templates: string[];
  dependency: string | null;
  changeKind: string | null;
}

/** A closed incident, so that similar ones surface again. Its text is searched in `episodes_fts` (id, title, body). */
export const episodes = sqliteTable(
  "episodes",
  {
    incidentId: text().primaryKey(),
    subjectKind: text({ enum: SUBJECT_KINDS }).notNull().default("service"),
    /** The agent or service that it was about. The column is named after the time when only services were remembered. */
    subjectId: text("service_id").notNull(),
    title: text().notNull(),
    body: text().notNull(),
    causeNode: text(),
    causeKind: text({ enum: [...CAUSE_KINDS, "no_fault", ...DIAGNOSES] }).notNull(),
    features: text({ mode: "json" }).$type<EpisodeFeatures>().notNull(),
    action: text(),
    outcome: text({ enum: OUTCOMES }).notNull(),
    /** Thumbs up minus thumbs down on the cause. */
    feedback: integer().notNull().default(0),
    closedAt: integer().notNull(),
  },
  (t) => [index("episodes_service").on(t.subjectId, t.closedAt)],
);

/** What a model made of an episode's text. Vectors of different models or dimensions are never compared. */
export const episodeVectors = sqliteTable(
  "episode_vectors",
  {
    incidentId: text().notNull(),
    model: text().notNull(),
    dimension: integer().notNull(),
    /** Row of the table that holds the vectors of this dimension. */
    rowId: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.model] })],
);

export const postmortems = sqliteTable("postmortems", {
  incidentId: text().primaryKey(),
  markdown: text().notNull(),
  author: text().notNull(),
  createdAt: integer().notNull(),
});
