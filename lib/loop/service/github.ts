import { type GithubAnswer, parseGithub } from "@/lib/contracts/github";
import { countMessage, noteRefusal, type Sender } from "@/lib/auth/sources";
import { type Db, write } from "@/lib/db/client";
import { enterService, touchServices } from "@/lib/db/queries/services";
import { changes } from "@/lib/db/schema";
import { env } from "@/lib/env";
import { SentinelError } from "@/lib/errors";
import { readServicesFile } from "./seed";

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
        detail: "The delivery is not as GitHub describes it",
        fields: news.problems,
      });
    case "changes": {
      const services = [...new Set(news.changes.map(({ service }) => service))];
      const entered = services.map((service) => enterService(db, service, "github", now));
      const results = await write(db, [
        ...entered,
        ...news.changes.map(({ key, service, kind, at, from, to, note }) =>
          db
            .insert(changes)
            .values({
              id: `chg_github_${key}`,
              subjectKind: "service",
              subjectId: service,
              kind,
              at,
              declared: true,
              from,
              to,
              note,
              source: "github",
              status: "declared",
              createdAt: now,
            })
            .onConflictDoNothing(),
        ),
        touchServices(services),
      ]);
      const changed = results.slice(entered.length, -1);
      const accepted = changed.reduce((sum, { rowsAffected }) => sum + rowsAffected, 0);
      return { accepted, ignored: accepted > 0 ? null : "known already: it was delivered before" };
    }
  }
}
