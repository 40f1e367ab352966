import { type GithubAnswer, parseGithub } from "@/lib/contracts/github";
import { type Db, write } from "@/lib/db/client";
import { enterService, touchServices } from "@/lib/db/queries/services";
import { changes } from "@/lib/db/schema";
import { env } from "@/lib/env";
import { SentinelError } from "@/lib/errors";
import { readServicesFile } from "./seed";

/** Enters the changes that a delivery of GitHub tells; each once, however often it is delivered. Throws invalid with the fields. */
export async function takeGithub(db: Db, event: string, body: unknown, now: number): Promise<GithubAnswer> {
  const path = env().SENTINEL_SERVICES_FILE;
  const rules = (path === undefined ? null : await readServicesFile(path))?.github ?? [];
  const news = parseGithub(event, body, rules, now);
  switch (news.kind) {
    case "ignored":
      return { accepted: 0, ignored: news.reason };
    case "invalid":
      throw new SentinelError("invalid", {
        detail: "The delivery is not as GitHub describes it",
        fields: news.problems,
      });
    case "changes": {
      const services = [...new Set(news.changes.map(({ service }) => service))];
      await write(db, [
        ...services.map((service) => enterService(db, service, "github", now)),
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
      return { accepted: news.changes.length, ignored: null };
    }
  }
}
