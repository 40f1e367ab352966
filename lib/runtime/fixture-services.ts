import type { Sender } from "@/lib/auth/sources";
import { parseGeneric } from "@/lib/ingest/sources/generic/parse";
import { write } from "@/lib/db/client";
import { listPendingApprovals } from "@/lib/db/queries/healing";
import { listCauses } from "@/lib/db/queries/investigations";
import { addEdge, enterService } from "@/lib/db/queries/services";
import type { Embedder } from "@/lib/evidence/embedding";
import { embedEpisodes } from "@/lib/evidence/episode-vectors";
import { found } from "@/lib/evidence/looked";
import { loadRunbooks } from "@/lib/evidence/runbooks";
import type { Actor } from "@/lib/response/actor";
import { decide } from "@/lib/response/decide";
import { declare } from "@/lib/ingest/declare";
import { giveFeedback } from "@/lib/response/feedback";
import { takeGithub } from "@/lib/ingest/github";
import { openMaintenance } from "@/lib/response/services/maintain";
import { noteSource } from "@/lib/ingest/note-source";
import { takeAlerts } from "@/lib/ingest/take-alerts";
import { takeLogs } from "@/lib/ingest/take-logs";
import type { TestEstate } from "./test-estate";

const MINUTE = 60_000;
/** The one operation of the allow-list: it says which service it would restart, and is the same on every machine. */
export const RESTART = ["/bin/echo", "restart", "{service}"];

/** Texts are near to each other that have as many of the same letters: enough to be found again by. */
export const LETTERS: Embedder = {
  model: "letters",
  embed: (texts) =>
    Promise.resolve(
      found(
        "letters",
        texts.map((text) => ["a", "e", "s"].map((one) => text.split(one).length)),
      ),
    ),
};

/** Services in every standing: cured, waiting, not helped, passed by itself, in two places, muted. */
export async function playServices(estate: TestEstate, person: Actor, sender: Sender): Promise<void> {
  const { db } = estate;
  estate.argv = RESTART;
  await loadRunbooks(db, "seeds/runbooks", estate.now);
  const edges = [
    ["web", "api"],
    ["api", "store"],
    ["web", "mail"],
  ] as const;
  await write(
    db,
    [...new Set(edges.flat())].map((id) => enterService(db, id, "seed", estate.now)),
  );
  await write(
    db,
    edges.map(([caller, callee]) => addEdge(caller, callee, "seed", estate.now)),
  );
  const began = estate.now;
  burning(estate, "shop", began + 20 * MINUTE, began + 24 * MINUTE);
  await estate.pass(22);
  await approve(estate, "shop", person);
  await estate.pass(8);
  const cured = await db.query.incidents.findFirst({
    where: (i, { and, eq, isNotNull }) => and(eq(i.kind, "service"), isNotNull(i.healedAt)),
  });
  const [cause] = await listCauses(db, cured!.id);
  await giveFeedback(db, cured!.id, cause!.id, 1, person, estate.now);

  burning(estate, "ledger", estate.now + MINUTE);
  await estate.pass(3);
  await approve(estate, "ledger", person);
  await estate.pass(12);

  burning(estate, "api", estate.now + MINUTE);
  await estate.pass(3);

  const say = (alerts: unknown[]) =>
    takeAlerts(db, sender, parseGeneric({ alerts, path: ["alerts"] }, estate.now), estate.now);
  const mail = { name: "QueueGrows", service: "mail", severity: "critical", id: "q-1", starts_at: estate.now };
  await say([mail, mail, { service: "mail" }]);
  await estate.rest();
  estate.now += MINUTE;
  await say([{ ...mail, status: "resolved", ends_at: estate.now }]);
  await estate.rest();
  await openMaintenance(
    db,
    { service: "batch*", labels: {}, ends_at: new Date(estate.now + 7 * 86_400_000).toISOString(), note: "a move" },
    person,
    estate.now,
  );
  await say([
    { name: "OrdersFail", service: "orders", severity: "critical", labels: { env: "prod" } },
    { name: "OrdersFail", service: "orders", severity: "warning", labels: { env: "staging" } },
    { name: "Slow", service: "batch-1", severity: "critical" },
  ]);
  await estate.rest();
  await declare(
    db,
    { subject_kind: "service", subject_id: "store", kind: "deploy", from: "1.0", to: "1.1", note: "an index" },
    person.name,
    estate.now,
  );
  await takeGithub(
    db,
    { id: "github", kind: "github" },
    {
      event: "push",
      body: {
        repository: { full_name: "acme/web", name: "web", pushed_at: Math.floor(estate.now / 1_000) },
        ref: "refs/heads/main",
        before: "a".repeat(40),
        after: "b".repeat(40),
        head_commit: { message: "Less to load" },
      },
    },
    estate.now,
  );
  await takeLogs(
    db,
    {
      lines: [{ service: "pay-1", level: "error", line: "connection to ledger refused", timestamp: estate.now }],
    } as never,
    estate.now,
  );
  await noteSource(db, "loki", "401 no org id", estate.now);
  await embedEpisodes(db, LETTERS);
  await estate.end();
}

/** All is well with a service but for its CPU, from `since` until `until` (epoch ms). */
export function burning(estate: TestEstate, service: string, since: number, until = Infinity): void {
  const level: Record<string, number> = { up: 1, cpu: 0.08, latency_p90: 0.05, errors: 0, requests: 4, memory: 8e7 };
  estate.measured.set(service, (signal, at) => {
    if (signal === "cpu" && at >= since && at < until) return 0.96;
    const usual = level[signal];
    return usual === undefined || signal === "up" ? (usual ?? null) : usual * (1 + 0.02 * Math.sin(at / 7_919));
  });
}

async function approve(estate: TestEstate, service: string, person: Actor): Promise<void> {
  const approval = (await listPendingApprovals(estate.db)).find(({ subjectId }) => subjectId === service);
  if (!approval) throw new Error(`Nothing is asked for ${service}`);
  await decide(
    estate.db,
    approval.id,
    { decision: "approve", digest: approval.digest, evidenceOpened: true },
    person,
    estate.now,
  );
  await estate.rest();
}
