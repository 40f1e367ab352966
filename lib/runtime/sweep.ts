import type { Db } from "@/lib/db/client";
import { listDetectors, listProbations, listUnappliedChanges, listWatches } from "@/lib/db/queries/sweep";
import { newestSeq, readPage } from "@/lib/db/queries/events";
import { listBudgets } from "@/lib/db/queries/budgets";
import { findOpenByCause, type Incident, listIncidentsInStates } from "@/lib/db/queries/incidents";
import { countCauses } from "@/lib/db/queries/investigations";
import { isOfAgent, listApproved } from "@/lib/db/queries/healing";
import { loadPolicies, loadSettings } from "@/lib/db/queries/settings";
import { recordArrival } from "@/lib/core/detection/ingest-gaps";
import { act } from "@/lib/response/act";
import { agentDriver } from "@/lib/response/agents/driver";
import { type LoopConfig, loopConfig } from "@/lib/config/agents";
import { checkBudgets } from "@/lib/response/budgets/check";
import { holdForBudgets } from "@/lib/response/budgets/hold";
import { confirm } from "@/lib/response/agents/confirm";
import { continueHolds } from "@/lib/response/agents/continue-holds";
import { correlate } from "@/lib/detection/correlate";
import { expire } from "@/lib/response/expire";
import { HoldCounts } from "@/lib/response/agents/hold-counts";
import { holdWaiting } from "@/lib/response/agents/hold-waiting";
import { releaseCounters } from "@/lib/ingest/otlp/release";
import { investigate } from "@/lib/response/agents/investigate";
import { LIMIT_CAUSE } from "@/lib/response/agents/open";
import { isolated } from "./isolated";
import { measureChanges } from "@/lib/response/agents/measure-changes";
import { propose } from "@/lib/response/agents/propose";
import { SHARDS } from "@/lib/db/shards";
import type { SweepContext } from "@/lib/response/agents/context";
import { sweepShard } from "@/lib/detection/shard";
import { type HeldShard, hold, processSweeper, type Sweeper } from "@/lib/detection/sweeper";
import { traced } from "@/lib/telemetry/telemetry";
import { verify } from "@/lib/response/verify";
import { watch } from "@/lib/response/agents/watch";

/** Passes over the shards in one sweep: a backlog is worked off in several sweeps, so that the rest of the loop goes on too. */
const MAX_PASSES = 8;
/** Events judged in one pass, in one commit a shard: enough to be fast, few enough that a commit is short. */
const MAX_EVENTS = 16_000;
/** Steps that one incident may take in one sweep: investigated, proposed, begun. */
const MAX_STEPS = 4;

export interface SweepReport {
  events: number;
  opened: number;
  joined: number;
  judged: number;
  resolved: number;
  enforced: number;
  expired: number;
  /** Subjects and incidents whose turn failed; the others went on. */
  failed: string[];
  /** Shards that another process holds. */
  skipped: number;
}

/**
 * One turn of the loop, and the retry of everything: judges what is new shard by shard, decides about suspicions, and
 * moves every incident, action, approval and hold one step on. Idempotent; several processes may call it at once.
 */
export async function sweep(
  db: Db,
  now: number,
  config: LoopConfig = loopConfig(),
  sweeper: Sweeper = processSweeper(),
): Promise<SweepReport> {
  const report: SweepReport = {
    events: 0,
    opened: 0,
    joined: 0,
    judged: 0,
    resolved: 0,
    enforced: 0,
    expired: 0,
    failed: [],
    skipped: 0,
  };
  // Before events are read: what counters add is among them.
  await isolated(report, "counters", async () => void (await releaseCounters(db, now, config)));
  const ctx = await sweepContext(db, now, config, sweeper);
  // Before anybody new may take the room that has come free.
  await isolated(report, "hold waiting", async () => void (report.opened += (await holdWaiting(ctx)).opened));
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    if (pass > 0) await isolated(report, "tests", async () => void Object.assign(ctx, await tests(db)));
    if (!(await judgeOnce(sweeper, ctx, report))) break;
  }
  await isolated(report, "correlate", async () => {
    const { opened, joined } = await correlate(ctx);
    report.opened += opened;
    report.joined += joined;
  });
  await isolated(report, "budgets", () => checkBudgets(ctx));
  await isolated(report, "hold for budgets", () => holdForBudgets(ctx));
  await isolated(report, "continue", async () => void (await continueHolds(ctx)));
  await isolated(report, "confirm", async () => void (report.enforced += (await confirm(ctx)).enforced));
  await isolated(report, "verify", async () => void (report.judged += (await verify(agentDriver(ctx))).judged));
  await isolated(report, "watch", async () => void (report.resolved += (await watch(ctx)).resolved));
  await isolated(report, "change effects", async () => void (await measureChanges(ctx)));
  await isolated(report, "expire", async () => void (report.expired += await expire(db, now)));
  await drive(ctx, report);
  return report;
}

/** One pass over the shards that this sweeper holds or can take. True when there is more to judge. */
export async function judgeOnce(
  sweeper: Sweeper,
  ctx: SweepContext,
  report: Pick<SweepReport, "events" | "opened" | "failed" | "skipped">,
): Promise<boolean> {
  const shards: HeldShard[] = [];
  report.skipped = 0;
  for (let id = 0; id < SHARDS; id++) {
    await isolated(report, `shard ${id}`, async () => {
      const shard = await hold(ctx.db, sweeper, id, ctx.now);
      if (shard) shards.push(shard);
      else report.skipped += 1;
    });
  }
  if (shards.length === 0) return false;
  let more = false;
  await isolated(report, "events", async () => {
    const after = Math.min(...shards.map((shard) => shard.cursor));
    const ids = shards.map((shard) => shard.id);
    const page = await readPage(ctx.db, ids, { after, newest: await newestSeq(ctx.db), limit: MAX_EVENTS });
    more = page.full;
    const heard = shards.some(({ id, cursor }) => (page.byShard.get(id)?.at(-1)?.seq ?? 0) > cursor);
    if (heard) recordArrival(sweeper.ingestGaps, ctx.now);
    for (const shard of shards)
      await isolated(report, `shard ${shard.id}`, async () => {
        const done = await sweepShard(shard, page, ctx);
        report.events += done.events;
        report.opened += done.opened;
        report.failed.push(...done.failed);
        more ||= done.lost;
      });
  });
  return more;
}

/** What the verbs of one turn are given, read now. */
export async function sweepContext(
  db: Db,
  now: number,
  config: LoopConfig,
  { ingestGaps }: Sweeper,
): Promise<SweepContext> {
  const [settings, policies, holds, limitIncident, unapplied, budgets, measured] = await Promise.all([
    loadSettings(db),
    loadPolicies(db),
    HoldCounts.load(db, now),
    findOpenByCause(db, LIMIT_CAUSE),
    listUnappliedChanges(db),
    listBudgets(db),
    tests(db),
  ]);
  return {
    db,
    now,
    config,
    settings,
    policies,
    holds,
    limitIncident,
    ingestGaps,
    unapplied,
    budgets,
    moved: [],
    ...measured,
  };
}

/** The measurements that are going on. */
async function tests(db: Db): Promise<Pick<SweepContext, "probations" | "watches" | "baselines">> {
  const [probations, watches] = await Promise.all([listProbations(db), listWatches(db)]);
  const replaced = probations.filter((run) => typeof run.args.successor === "string").map((run) => run.agentId);
  const baselines = new Map((await listDetectors(db, replaced)).map((row) => [row.agentId, row.state]));
  return { probations, watches, baselines };
}

/** Incidents that are to be investigated, or that wait for a proposal. */
export const STUDIED: Incident["state"][] = ["open", "investigating"];

/** Investigates an incident, or proposes what its investigation leads to. False when there is nothing to do yet. */
export async function study(ctx: SweepContext, incident: Incident): Promise<boolean> {
  // One that is to be looked at again has no causes any more.
  const known = incident.state === "investigating" && (await countCauses(ctx.db, incident.id)) > 0;
  if (known) return propose(ctx, incident);
  return traced(
    "investigation",
    () => investigate(ctx.db, incident, ctx.now),
    (done) => (done ? { "incident.id": incident.id, "immune.subject": "agent" } : null),
  );
}

/** Takes incidents through investigation and proposal, and begins what was approved. */
async function drive(ctx: SweepContext, report: SweepReport): Promise<void> {
  const { db } = ctx;
  for (let step = 0; step < MAX_STEPS; step++) {
    const waiting = await listIncidentsInStates(db, STUDIED);
    const approved = (await listApproved(db)).filter(isOfAgent);
    if (waiting.length === 0 && approved.length === 0) return;
    let moved = false;
    for (const incident of waiting) {
      await isolated(report, incident.id, async () => {
        const done = await study(ctx, incident);
        moved ||= done;
      });
    }
    for (const proposal of approved) {
      await isolated(report, proposal.id, async () => {
        const acted = await act(agentDriver(ctx), proposal);
        moved ||= acted.kind === "begun" || acted.kind === "void";
      });
    }
    if (!moved) return;
  }
}
