import { DEFAULT_DETECT_SETTINGS, type DetectSettings } from "@/lib/core/detection/detect";
import { longestGap } from "@/lib/core/detection/ingest-gaps";
import type { AgentAction } from "@/lib/core/base/vocabulary";
import type { FleetSettings } from "@/lib/contracts/overview";
import type { Statement } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { type Agent, type DirectiveRow, listAgents, listConfirmed, listDirectives } from "@/lib/db/queries/agents";
import { grouped } from "@/lib/core/base/grouped";
import type { EventPage, StoredEvent } from "@/lib/db/queries/events";
import { listKnownRuns } from "@/lib/db/queries/runs";
import {
  addToRuns,
  advance,
  markApplied,
  saveDetector,
  saveIdentity,
  saveProbation,
  saveWatch,
} from "@/lib/db/queries/sweep";
import { log } from "@/lib/log";
import type { SweepContext } from "@/lib/response/agents/context";
import { countExecutions, type Execution } from "@/lib/telemetry/telemetry";
import { judge, type Test } from "./judge";
import { valuesOf } from "./observation";
import { Plan } from "@/lib/db/plan";
import { priorFor } from "./priors";
import { gravity, incidentsAtLarge, type Judged, plannedFor, type Seen } from "./respond";
import { shardOf } from "@/lib/db/shards";
import { SpendTally } from "./spend";
import { markLive, type HeldShard, LEASE_MS, loadDetectors } from "./sweeper";

/** An idle shard says that it lives this often, in ms. */
const IDLE_COMMIT_MS = 1_500;
/** Agents that reported nothing are looked at this often, in ms: silence is a matter of seconds. */
const TICK_MS = 1_000;

export interface ShardReport {
  events: number;
  opened: number;
  failed: string[];
  /** Another moved the shard or one of its agents meanwhile: nothing was written, and it has to be swept again at once. */
  lost: boolean;
}

export const detectSettings = (settings: FleetSettings): DetectSettings => ({
  ...DEFAULT_DETECT_SETTINGS,
  arl: settings.arl,
  promptChangeMayQuarantine: settings.prompt_change_may_quarantine,
});

/** Judges what a page has for one shard, and commits all that follows from it at once with the cursor. */
export async function sweepShard(shard: HeldShard, page: EventPage, ctx: SweepContext): Promise<ShardReport> {
  const { db, now } = ctx;
  // The page may begin earlier, where another shard stands.
  const events = (page.byShard.get(shard.id) ?? []).filter((event) => event.seq > shard.cursor);
  const byAgent = grouped(events, (event) => event.agentId);
  const unapplied = ctx.unapplied.filter((change) => shardOf(change.subjectId) === shard.id);
  const ticks = now - shard.tickedAt >= TICK_MS;
  if (ticks) shard.tickedAt = now;
  const quiet = ticks ? shard.live : [];
  const ids = [...new Set([...byAgent.keys(), ...unapplied.map((change) => change.subjectId), ...quiet])];
  markLive(shard, byAgent.keys());
  const rows = new Map((await listAgents(db, ids)).map((agent) => [agent.id, agent]));
  const [detectors, directives, incidents] = await Promise.all([
    loadDetectors(db, shard, [...rows.keys()]),
    listDirectives(db, [...rows.values()]),
    incidentsAtLarge(db, [...rows.values()]),
  ]);
  const confirmed = await listConfirmed(
    db,
    [...directives.values()].filter((d) => byAgent.has(d.agentId) && d.breachedAt === null),
  );

  const knownRuns = await listKnownRuns(db, runsHeldOpen(directives, byAgent));

  const spending = new SpendTally(ctx);
  for (const event of events) {
    const agent = rows.get(event.agentId);
    if (agent) spending.add(event, agent);
  }
  const plan = new Plan();
  const seen: Seen = { families: await spending.families(), runs: [], identities: [] };
  const spent = spending.planned(seen.families);
  // Before runs are added to: a budget's first look at a run is at what it was.
  plan.write(...spent.statements);
  const report: ShardReport = { events: events.length, opened: 0, failed: [], lost: false };
  const cursor = Math.max(page.upTo, shard.cursor);
  const judged: Judged[] = [];
  for (const [id, agent] of rows) {
    const mine = byAgent.get(id) ?? [];
    const changes = unapplied.filter((change) => change.subjectId === id);
    try {
      const detector = detectors.get(id)!;
      const before = detector.agentState;
      const tests = testsOf(ctx, id);
      const judgement = judge({
        agent,
        detector,
        directive: directives.get(id) ?? null,
        confirmed: confirmed.get(id) ?? new Map(),
        knownRuns: knownRuns.get(id) ?? new Set(),
        events: mine,
        changes,
        tests,
        frozen: ctx.probations.some((run) => run.args.successor === id),
        gapSince: page.full ? null : (since) => longestGap(ctx.ingestGaps, since, now),
        prior: await priorFor(shard, ctx, agent, detector),
        settings: detectSettings(ctx.settings),
        config: ctx.config,
        now,
      });
      const touched =
        mine.length > 0 || changes.length > 0 || judgement.anomalies.length > 0 || before !== detector.agentState;
      if (touched) judged.push({ judgement, detector, tests, incident: incidents.get(agent.incidentId ?? "") ?? null });
    } catch (err) {
      // One bad subject never ends a sweep: its detector is read anew, its events count as judged.
      log().error({ err, agentId: id }, "could not evaluate an agent");
      shard.detectors.delete(id);
      report.failed.push(id);
    }
  }
  // Where room is short the gravest get it.
  for (const one of judged.toSorted((a, b) => gravity(b) - gravity(a))) {
    const { agent } = one.judgement;
    report.opened += plannedFor(plan, seen, one, directives.get(agent.id) ?? null, ctx);
    plan.write(saveDetector(agent.id, one.detector.state, one.detector.agentState, now));
    for (const test of one.tests) if (test.moved) plan.write(test.save());
  }
  if (seen.runs.length > 0) plan.write(addToRuns(seen.runs));
  if (seen.identities.length > 0) plan.write(saveIdentity(seen.identities));
  if (unapplied.length > 0)
    plan.write(
      markApplied(
        unapplied.map((change) => change.id),
        now,
      ),
    );

  const idle = plan.writes.length === 0 && plan.claims.length === 0 && events.length === 0;
  if (idle && now - shard.committedAt < IDLE_COMMIT_MS) {
    shard.cursor = cursor;
    return report;
  }
  const until = now + LEASE_MS;
  // What is not committed, the detectors must not remember: they would judge the same events twice.
  const forget = () => {
    for (const id of rows.keys()) shard.detectors.delete(id);
    shard.until = 0;
  };
  const won = await commit(db, {
    claims: [advance(shard.id, shard.fence, cursor, now, until), ...plan.claims],
    writes: plan.writes,
    events: plan.events,
  }).catch((error: unknown) => {
    forget();
    throw error;
  });
  if (won) {
    spent.committed();
    for (const key of spent.moved) ctx.moved.push(key);
    Object.assign(shard, { cursor, until, committedAt: now });
    countExecutions(() => executionsOf(events, rows));
    return report;
  }
  // Somebody moved an agent meanwhile, or the lease went to another process.
  forget();
  return { ...report, opened: 0, lost: true };
}

/** The runs that events of agents name whose hold lets runs in progress go on. */
function runsHeldOpen(
  directives: ReadonlyMap<string, DirectiveRow>,
  events: ReadonlyMap<string, readonly StoredEvent[]>,
): { agentId: string; runId: string }[] {
  return [...directives.values()]
    .filter(({ status, level }) => status === "quarantined" && level === "hold_new")
    .flatMap(({ agentId }) => {
      const mine = events.get(agentId) ?? [];
      const named = mine.flatMap(({ runId, body }) => [runId, body.parent_run_id, body.root_run_id]);
      return [...new Set(named)].flatMap((runId) => (runId ? [{ agentId, runId }] : []));
    });
}

/** What is told of events that were judged. */
function* executionsOf(events: readonly StoredEvent[], agents: ReadonlyMap<string, Agent>): Generator<Execution> {
  for (const { agentId, kind, body } of events) {
    const agent = agents.get(agentId);
    if (agent) yield { agentType: agent.type, kind, success: body.success ?? null, values: valuesOf(body) };
  }
}

/** The tests that an agent's events feed, with what to store once they moved on. */
function testsOf(ctx: SweepContext, agentId: string): (Test & { save: () => Statement })[] {
  const actions = ctx.probations.flatMap((run) => {
    const successor = typeof run.args.successor === "string" ? run.args.successor : null;
    const { probation, acknowledgedAt } = run;
    if ((successor ?? run.agentId) !== agentId || !probation || acknowledgedAt === null) return [];
    const since = { at: acknowledgedAt, version: successor ? null : run.directiveVersion };
    const baseline = successor ? ctx.baselines.get(run.agentId) : undefined;
    const save = () => saveProbation(run.id, probation);
    return [{ probation, since, baseline, action: run.action as AgentAction, moved: false, save }];
  });
  const watches = ctx.watches.flatMap(({ watch, subjectId, incidentId }) =>
    subjectId === agentId && watch
      ? [
          {
            probation: watch,
            since: { at: 0, version: null },
            action: null,
            moved: false,
            save: () => saveWatch(incidentId, agentId, watch),
          },
        ]
      : [],
  );
  return [...actions, ...watches];
}
