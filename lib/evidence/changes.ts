import { and, desc, eq, getTableColumns, gte, inArray, isNotNull, lt, lte, ne, sql } from "drizzle-orm";
import { globFits } from "@/lib/core/alerts/maintenance";
import type { BundleChange } from "@/lib/core/evidence/bundle";
import type { Db } from "@/lib/db/client";
import { changeDiffs, changes } from "@/lib/db/schema";
import type { ChangeDiff } from "./diff-text";
import { COMMIT, type CommitRange, type GithubReader } from "./github";
import { couldNotLook, found, type Looked, messageOf, quoted, unreadOf } from "./looked";

export interface ChangesQuery {
  /** Epoch seconds, both included. */
  from: number;
  to: number;
  /** Ids of services and agents; left out, all: the cause may be further away than the map says. */
  subjects?: string[];
  limit?: number;
}

/** Where changes' diffs are read. */
export interface Repositories {
  github: GithubReader;
  /** Which repositories (`owner/name`, perhaps with `*`) may be read for a change that only its sender names. */
  rules: () => Promise<readonly { repository: string; service: string }[]>;
}

/** `told`: its sender said what it changed. */
type ChangeRow = typeof changes.$inferSelect & { told: number };

/** More changes than this within one incident's window are no list that anyone can weigh. */
const MAX_CHANGES = 500;
/** Of so many changes, the newest, the diff is read: each takes a question or two, and a window seldom holds more of what runs. */
const MAX_DIFFS = 10;
/** All diffs together, in ms: a reading is given twelve seconds, and the list of changes must not be lost over them. */
const DIFFS_MS = 8_000;

/**
 * Changes of the log within a window, the oldest first; of too many the newest are kept. They come with what they
 * changed where their sender told it, and where they name commits on GitHub; what could not be read of that is `missing`, and the changes
 * stand without it. Summaries, files and diffs are untrusted text.
 */
export async function recentChanges(
  db: Db,
  query: ChangesQuery,
  repositories: Repositories | null,
  signal: AbortSignal,
): Promise<Looked<BundleChange[]>> {
  const source = "change log";
  const limit = Math.min(query.limit ?? MAX_CHANGES, MAX_CHANGES);
  try {
    const rows = await db
      .select({ ...getTableColumns(changes), told: sql<number>`${changeDiffs.changeId} IS NOT NULL` })
      .from(changes)
      .leftJoin(changeDiffs, eq(changeDiffs.changeId, changes.id))
      .where(
        and(
          gte(changes.at, Math.ceil(query.from * 1_000)),
          lte(changes.at, Math.floor(query.to * 1_000)),
          query.subjects ? inArray(changes.subjectId, query.subjects) : undefined,
        ),
      )
      .orderBy(desc(changes.at), desc(changes.id))
      .limit(limit + 1);
    const kept = rows.slice(0, limit);
    const diffs = await diffsOf(db, kept, repositories, signal);
    return found(
      source,
      kept.reverse().map((row) => asEvidence(row, diffs.get(row))),
      rows.length > limit,
      unreadOf([...new Set(diffs.values())]),
    );
  } catch (error) {
    return couldNotLook(source, `the database did not answer: ${quoted(messageOf(error))}`);
  }
}

const UNDECLARED = ", detected, not declared";
/** As summaries ended before the words were changed. */
const UNDECLARED_BEFORE = ", detected, not announced";

/** Who told of a change, as its summary ends. */
const toldBy = ({ source, declared }: Pick<ChangeRow, "source" | "declared">): string =>
  declared ? source : `${source}${UNDECLARED}`;

/** The same, read back. */
export function readToldBy(text: string): Pick<ChangeRow, "source" | "declared"> {
  const end = [UNDECLARED, UNDECLARED_BEFORE].find((one) => text.endsWith(one));
  return end === undefined ? { source: text, declared: true } : { source: text.slice(0, -end.length), declared: false };
}

function asEvidence(row: ChangeRow, diff: Looked<ChangeDiff> | undefined): BundleChange {
  const between = row.from && row.to ? `${row.from} → ${row.to}` : (row.to ?? (row.from ? `from ${row.from}` : ""));
  const parts = [between, row.note ?? "", `(${toldBy(row)})`];
  return {
    t: row.at / 1_000,
    node: row.subjectId,
    kind: row.kind,
    summary: parts.filter((part) => part !== "").join(" "),
    ...(row.from !== null && { from: row.from }),
    ...(row.to !== null && { to: row.to }),
    ...(diff?.ok ? diff.value : {}),
  };
}

/**
 * What the newest of the rows changed: as their sender told it, or as GitHub has the commits that they name. One push may have changed
 * several services and is asked for once. Where GitHub does not answer, the names of files that the sender told stand.
 */
async function diffsOf(
  db: Db,
  rows: readonly ChangeRow[],
  repositories: Repositories | null,
  signal: AbortSignal,
): Promise<Map<ChangeRow, Looked<ChangeDiff>>> {
  const rules = (await repositories?.rules()) ?? [];
  const newest = rows
    .flatMap((row) => {
      const range = rangeOf(row, rules);
      return row.told || range !== null ? [{ row, range }] : [];
    })
    .slice(0, MAX_DIFFS);
  const told = await toldDiffs(
    db,
    newest.flatMap(({ row }) => (row.told ? [row.id] : [])),
  );
  const until = AbortSignal.any([signal, AbortSignal.timeout(DIFFS_MS)]);
  const asked = new Map<string, Promise<Looked<ChangeDiff>>>();
  const ask = async (row: ChangeRow, range: CommitRange) => {
    const whole = { ...range, from: range.from ?? (await commitBefore(db, row)) };
    const key = JSON.stringify(whole);
    const look =
      asked.get(key) ??
      repositories?.github.diff(whole, until) ??
      Promise.resolve(couldNotLook("github", "neither GITHUB_READ_TOKEN nor GITHUB_TOKEN is set"));
    asked.set(key, look);
    return look;
  };
  const looks = newest.map(async ({ row, range }): Promise<[ChangeRow, Looked<ChangeDiff>][]> => {
    const own = told.get(row.id);
    if (own && (own.diff !== undefined || range === null)) return [[row, found(row.source, own)]];
    // What was told is gone by now.
    if (range === null) return [];
    const look = await ask(row, range);
    return [[row, !look.ok && own ? found(row.source, own, false, unreadOf([look])) : look]];
  });
  return new Map((await Promise.all(looks)).flat());
}

async function toldDiffs(db: Db, ids: readonly string[]): Promise<Map<string, ChangeDiff>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .select()
    .from(changeDiffs)
    .where(inArray(changeDiffs.changeId, [...ids]));
  return new Map(rows.map(({ changeId, files, diff }) => [changeId, { files, diff: diff ?? undefined }]));
}

/** `owner/name@commit`, as GitHub writes a commit of another repository. */
const ELSEWHERE = /^([\w.-]+\/[\w.-]+)@([\da-f]{7,64})$/i;

/**
 * Which commits a change is of; null: none are named. GitHub itself signs for its webhook's changes. What others announce is read only from
 * repositories that the services' file maps to this service: whoever may announce a change may not thereby read all that the token can.
 */
function rangeOf(row: ChangeRow, rules: Awaited<ReturnType<Repositories["rules"]>>): CommitRange | null {
  if (row.subjectKind !== "service" || row.to === null) return null;
  const [, said, commit = row.to] = ELSEWHERE.exec(row.to) ?? [];
  if (!COMMIT.test(commit)) return null;
  const from = row.from?.replace(/^.*@/, "") ?? "";
  const range = { from: COMMIT.test(from) ? from : null, to: commit };
  const signed = row.id.startsWith("chg_github_") ? /^github (.+)$/.exec(row.source)?.[1] : undefined;
  if (signed !== undefined) return { repository: signed, ...range };
  const own = rules.filter(({ service }) => service === row.subjectId).map(({ repository }) => repository);
  const certain = [...new Set(own)].filter((repository) => !repository.includes("*"));
  const repository = said ?? (certain.length === 1 ? certain[0]! : null);
  const known = repository !== null && own.some((glob) => globFits(glob.toLowerCase(), repository.toLowerCase()));
  return known ? { repository, ...range } : null;
}

/** The commit that a subject had before, by the same source: a deployment does not say what it took the place of. */
async function commitBefore(db: Db, { subjectKind, subjectId, source, at, to }: ChangeRow): Promise<string | null> {
  const [before] = await db
    .select({ to: changes.to })
    .from(changes)
    .where(
      and(
        eq(changes.subjectKind, subjectKind),
        eq(changes.subjectId, subjectId),
        eq(changes.source, source),
        lt(changes.at, at),
        isNotNull(changes.to),
        ne(changes.to, to!),
      ),
    )
    .orderBy(desc(changes.at), desc(changes.id))
    .limit(1);
  const commit = before?.to?.replace(/^.*@/, "") ?? "";
  return COMMIT.test(commit) ? commit : null;
}
