import { countMessage, noteRefusal, type Sender } from "@/lib/auth/sources";
import { environmentOf } from "@/lib/core/alerts/alert-service";
import { identify, type KnownService } from "@/lib/core/alerts/service-identity";
import type { Db } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { enterService, recordServiceScope, listPlaces, touchServices } from "@/lib/db/queries/services";
import { changes } from "@/lib/db/schema";
import { env } from "@/lib/env";
import { SentinelError } from "@/lib/errors";
import { readServicesFile } from "./services-file";
import type { GithubAnswer } from "./sources/github/index";
import { type GithubChange, parseGithub } from "./sources/github/parse";

/** Enters the changes that a delivery of GitHub tells; each once, however often it is delivered. Throws invalid with the fields. */
export async function takeGithub(
  db: Db,
  sender: Sender,
  { event, body }: { event: string; body: unknown },
  now: number,
): Promise<GithubAnswer> {
  await countMessage(db, sender, now);
  const path = env().SENTINEL_SERVICES_FILE;
  const rules = (path === undefined ? null : await readServicesFile(path))?.github ?? [];
  const news = parseGithub(event, body, rules, now);
  switch (news.kind) {
    case "ignored":
      return { accepted: 0, ignored: news.reason };
    case "invalid":
      await noteRefusal(db, sender, { count: 1, ...news.problems[0]! }, now);
      throw new SentinelError("invalid", {
        detail: "The delivery does not match GitHub's format",
        fields: news.problems,
      });
    case "changes": {
      let accepted = 0;
      for (const change of news.changes) if (await enter(db, change, now)) accepted += 1;
      return { accepted, ignored: accepted > 0 ? null : "duplicate: already delivered" };
    }
  }
}

/** Enters a change of the service that it is of, and voids what was proposed for it. False, and nothing is written, when it is known. */
async function enter(db: Db, change: GithubChange, now: number): Promise<boolean> {
  const { key, repository, kind, at, from, to, note } = change;
  const { id, place } = serviceOf(change, await listPlaces(db));
  const row = {
    id: `chg_github_${key}`,
    subjectKind: "service" as const,
    subjectId: id,
    kind,
    at,
    declared: true,
    from,
    to,
    note,
    source: `github ${repository}`,
    status: "declared" as const,
    createdAt: now,
  };
  const known = place === null ? enterService(db, id, "github", now) : recordServiceScope(place, now, "github");
  const won = await commit(db, {
    claims: [db.insert(changes).values(row).onConflictDoNothing()],
    writes: [known, touchServices([id])],
  });
  return won !== null;
}

/**
 * The service that a change is of: of several of one name, the one in the environment that it was deployed to. Where a new
 * one runs is kept if the environment's name is a usual one; where a known one runs is for those to say who watch it.
 */
function serviceOf(
  { service: name, environment: target }: GithubChange,
  places: readonly KnownService[],
): { id: string; place: KnownService | null } {
  if (target === null) return { id: name, place: null };
  const { environment, usual } = environmentOf(target);
  const { ids, learned } = identify([{ name, scope: { environment } }], places);
  const id = ids[0]!;
  const isNew = !places.some((one) => one.id === id);
  const place = isNew && (usual || id !== name) ? learned.find((one) => one.id === id) : undefined;
  return { id, place: place ?? null };
}
