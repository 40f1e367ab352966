import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { sql } from "drizzle-orm";
import { type Db, type Statement, write } from "@/lib/db/client";
import { runbooks } from "@/lib/db/schema";
import { fullTextQuery } from "./full-text";
import { couldNotLook, found, type Looked, messageOf, quoted } from "./looked";
import { readRunbook } from "./runbook-text";

/** A part of a runbook under one heading. Untrusted text: whoever may write a runbook is not whoever may act. */
export interface RunbookSection {
  path: string;
  title: string;
  /** The runbook's title and the headings above, the nearest last. */
  heading: string;
  body: string;
  /** Higher fits better; only comparable within one answer. */
  score: number;
}

/** A runbook is read by a person in an incident: what is longer is a manual, and is left out. */
const MAX_FILE_BYTES = 256 * 1024;
const MAX_FILES = 500;
/** Characters of a section that are given. */
const SECTION_CHARS = 4_000;
/** A word in a heading says more of what the section is about than one in its text. */
const HEADING_WEIGHT = 4;
const SOURCE = "runbooks";

/**
 * Brings the runbooks of a directory (its markdown files, those in folders too) into the database: new and changed ones are
 * written, vanished ones removed. Nothing is removed when the directory cannot be read. Links are not followed. `now` in epoch ms.
 */
export async function loadRunbooks(
  db: Db,
  directory: string,
  now: number,
): Promise<Looked<{ loaded: number; removed: number; unchanged: number }>> {
  try {
    const files = await markdownFiles(directory);
    const known = new Map(
      (await db.select({ path: runbooks.path, hash: runbooks.hash }).from(runbooks)).map((row) => [row.path, row.hash]),
    );
    const statements: Statement[] = [];
    let loaded = 0;
    let skipped = files.length > MAX_FILES;
    const present = new Set<string>();
    for (const file of files.slice(0, MAX_FILES)) {
      const path = relative(directory, file).split(sep).join("/");
      present.add(path);
      if ((await stat(file)).size > MAX_FILE_BYTES) {
        skipped = true;
        continue;
      }
      const text = await readFile(file, "utf8");
      const hash = createHash("sha256").update(text).digest("hex");
      if (known.get(path) === hash) continue;
      loaded += 1;
      statements.push(...runbookWrites(db, path, text, hash, now));
    }
    const gone = [...known.keys()].filter((path) => !present.has(path));
    for (const path of gone) statements.push(...forget(path));
    if (statements.length > 0) await write(db, statements);
    return found(SOURCE, { loaded, removed: gone.length, unchanged: present.size - loaded }, skipped);
  } catch (error) {
    return couldNotLook(SOURCE, `not loaded: ${quoted(messageOf(error))}`);
  }
}

/** The sections that fit a question best, in any words, of runbooks for this service or for all. One without words finds nothing. */
export async function searchRunbooks(
  db: Db,
  { query, service, limit = 5 }: { query: string; service?: string; limit?: number },
): Promise<Looked<RunbookSection[]>> {
  const words = fullTextQuery(query);
  if (words === null) return found(SOURCE, []);
  try {
    const about = service ?? null;
    const sections = await db.all<RunbookSection>(sql`
      SELECT f.path, r.title, f.heading, f.body, -bm25(runbooks_fts, 0, ${HEADING_WEIGHT}, 1) AS score
      FROM runbooks_fts f JOIN runbooks r ON r.path = f.path
      WHERE runbooks_fts MATCH ${words} AND (${about} IS NULL OR r.services = '[]'
        OR EXISTS (SELECT 1 FROM json_each(r.services) WHERE value = ${about}))
      ORDER BY score DESC, f.path, f.rowid LIMIT ${limit}`);
    return found(SOURCE, sections);
  } catch (error) {
    return couldNotLook(SOURCE, `the database did not answer: ${quoted(messageOf(error))}`);
  }
}

async function markdownFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function runbookWrites(db: Db, path: string, text: string, hash: string, now: number): Statement[] {
  const { services, body, sections } = readRunbook(text);
  const title = sections.find(({ level }) => level === 1)?.headings[0] ?? path.replace(/\.md$/, "");
  const row = { path, title, body, services, hash, updatedAt: now };
  return [
    ...forget(path),
    db.insert(runbooks).values(row),
    ...sections
      .filter((section) => section.body !== "")
      .map((section) => ({
        sql: "INSERT INTO runbooks_fts (path, heading, body) VALUES (?, ?, ?)",
        args: [path, [...new Set([title, ...section.headings])].join(" › "), section.body.slice(0, SECTION_CHARS)],
      })),
  ];
}

/** Puts these sections in the place of all runbooks that are there. Each is found by its words, whatever the service. */
export async function replaceRunbooks(
  db: Db,
  sections: readonly Pick<RunbookSection, "path" | "heading" | "body">[],
  now: number,
): Promise<void> {
  const paths = [...new Set(sections.map(({ path }) => path))];
  await write(db, [
    { sql: "DELETE FROM runbooks_fts", args: [] },
    db.delete(runbooks),
    ...paths.map((path) => {
      const of = sections.filter((section) => section.path === path);
      const title = of[0]!.heading.split(" › ")[0]!;
      const body = of.map((section) => section.body).join("\n\n");
      return db.insert(runbooks).values({ path, title, body, services: [], hash: "", updatedAt: now });
    }),
    ...sections.map(({ path, heading, body }) => ({
      sql: "INSERT INTO runbooks_fts (path, heading, body) VALUES (?, ?, ?)",
      args: [path, heading, body],
    })),
  ]);
}

const forget = (path: string): Statement[] => [
  { sql: "DELETE FROM runbooks_fts WHERE path = ?", args: [path] },
  { sql: "DELETE FROM runbooks WHERE path = ?", args: [path] },
];
