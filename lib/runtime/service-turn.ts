import type { Db } from "@/lib/db/client";
import { isOfAgent, listApproved } from "@/lib/db/queries/healing";
import { endAbandoned } from "@/lib/db/queries/evals";
import { type Incident, listWithoutInvestigation } from "@/lib/db/queries/incidents";
import { embedEpisodes } from "@/lib/evidence/episode-vectors";
import { withoutPause } from "@/lib/evidence/gate";
import { log } from "@/lib/log";
import { isolated } from "./isolated";
import { act } from "@/lib/response/act";
import { serviceDriver } from "@/lib/response/services/driver";
import { closePassed } from "@/lib/response/close";
import { scoreClosed } from "@/lib/response/score";
import type { ServiceConfig } from "@/lib/config/services";
import { startInvestigations } from "@/lib/response/services/investigate";
import { noteSource } from "@/lib/ingest/note-source";
import { unmute } from "@/lib/ingest/receive-alerts";
import { verify } from "@/lib/response/verify";
import { watchServices } from "@/lib/detection/services/watch";
import type { ServiceContext, Integrations } from "@/lib/response/services/context";
import type { ServiceRuntime } from "./service-runtime";

/** How often closed incidents whose scores are due, and evaluations whose process is gone, are looked for, in ms. */
const SCORE_MS = 3_000;

export interface TurnReport {
  watched: boolean;
  begun: number;
  acted: number;
  judged: number;
  passed: number;
  scored: number;
  failed: string[];
}

export interface TurnInput {
  db: Db;
  integrations: Integrations;
  config: ServiceConfig;
  runtime: ServiceRuntime;
  clock: () => number;
  /** Asks for another turn soon. */
  wake: () => void;
  /** Asks for one in so many ms. */
  wakeIn: (ms: number) => void;
}

/** What the verbs of the loop are given, as of now. */
export const contextOf = ({
  db,
  integrations,
  config,
  runtime,
  clock,
  wake,
}: Omit<TurnInput, "wakeIn">): ServiceContext => ({
  ...integrations,
  logs: integrations.logs(db),
  db,
  now: clock(),
  clock,
  config,
  wake,
  ...runtime,
});

/**
 * One turn of the loop over services, and the retry of everything in it: looks at the signals when it is time, begins
 * investigations, carries out what was approved, measures what was done, and closes what has passed. Investigations and
 * operations go on by themselves after it. Idempotent; several processes may call it at once.
 */
export async function serviceTurn(input: TurnInput): Promise<TurnReport> {
  const { db, integrations, config, runtime, wake } = input;
  const report: TurnReport = { watched: false, begun: 0, acted: 0, judged: 0, passed: 0, scored: 0, failed: [] };
  const ctx = contextOf(input);
  const { now } = ctx;
  const driver = serviceDriver(ctx);
  const { watched } = integrations;
  if (now - runtime.watchedAt >= config.watchMs) {
    runtime.watchedAt = now;
    await isolated(report, "watch", async () => {
      await watchServices({ db, prometheus: watched, config, memory: runtime.watch, now });
      report.watched = true;
    });
  }
  await isolated(report, "unmute", async () => void (await unmute(db, now)));
  await isolated(report, "verify", async () => void (report.judged = (await verify(driver)).judged));
  await isolated(report, "pass", async () => void (report.passed = await closePassed(db, now)));
  if (now - runtime.scoredAt >= SCORE_MS) {
    runtime.scoredAt = now;
    await isolated(report, "evaluations", () => endAbandoned(db, now));
    await isolated(report, "score", async () => void (report.scored = await scoreClosed(db, runtime.unscorable, now)));
  }
  await isolated(report, "embed", async () => {
    if (!integrations.embedder) return;
    const embedded = await embedEpisodes(db, integrations.embedder);
    await noteSource(db, "embeddings", embedded.ok ? null : withoutPause(embedded.reason), now);
  });
  await isolated(report, "act", async () => {
    for (const proposal of (await listApproved(db)).filter((one) => !isOfAgent(one))) {
      if (runtime.underway.has(proposal.id)) continue;
      // Marked before anything is awaited: two turns of one process must not both begin it.
      runtime.underway.add(proposal.id);
      report.acted += 1;
      keep(runtime, act(driver, proposal), wake, () => runtime.underway.delete(proposal.id));
    }
  });
  await isolated(report, "investigate", async () => {
    // An incident that still gathers its alerts is investigated when its wait is over, whoever takes turns here.
    const waiting = await listWithoutInvestigation(db, now);
    const untilDue = (incident: Incident) => incident.openedAt + config.groupWaitMs - now;
    const next = Math.min(...waiting.map(untilDue).filter((ms) => ms > 0));
    if (Number.isFinite(next)) input.wakeIn(next);
    const begun = await startInvestigations(
      ctx,
      waiting.filter((incident) => untilDue(incident) <= 0),
    );
    report.begun = begun.length;
    for (const one of begun) keep(runtime, one, wake);
  });
  return report;
}

/** Lets work go on beside the turns; what fails is logged, and taken up by a later turn. */
function keep(runtime: ServiceRuntime, work: Promise<unknown>, wake: () => void, then?: () => void): void {
  const done = work
    .catch((err: unknown) => log().error({ err }, "work on a service failed"))
    .finally(() => {
      runtime.pending.delete(done);
      then?.();
      wake();
    });
  runtime.pending.add(done);
}
