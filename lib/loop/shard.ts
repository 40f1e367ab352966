import { blindSpots } from "@/lib/core/blind-spots";
import { type Anomaly, DEFAULT_DETECT_SETTINGS, type DetectSettings, type DetectorState } from "@/lib/core/detect";
import { WAITS_FOR_FLEET } from "@/lib/core/fleet";
import { canMove, move } from "@/lib/core/lifecycle";
import { longestLull, type Lulls } from "@/lib/core/lulls";
import { describeAnomaly } from "@/lib/core/words";
import type { FleetSettings } from "@/lib/contracts/overview";
import type { Db, Statement } from "@/lib/db/client";
import { commit } from "@/lib/db/commit";
import { type DirectiveRow, listAgents, listConfirmed, listDirectives } from "@/lib/db/queries/agents";
import { grouped } from "@/lib/db/queries/grouped";
import type { EventPage, StoredEvent } from "@/lib/db/queries/events";
import type { Incident } from "@/lib/db/queries/incidents";
import type { TypePolicy } from "@/lib/db/queries/settings";
import {
  addToRuns,
  advance,
  type Change,
  type listProbations,
  type listWatches,
  markTaken,
  saveDetector,
  saveIdentity,
  saveProbation,
  saveWatch,
} from "@/lib/db/queries/sweep";
import { log } from "@/lib/log";
import type { LoopConfig } from "./config";
import { agentClaim } from "./directives";
import type { HoldCounts } from "./hold-counts";
import { hasLearned, judge, type Judgement, type Test } from "./judge";
import { anomalyRows, gravest } from "./open";
import { countOpened, openFor } from "./open-for";
import { Plan } from "./plan";
import { priorFor } from "./priors";
import { shardOf } from "./shards";
import { type Detector, heardOf, type HeldShard, LEASE_MS, loadDetectors } from "./sweeper";
import { watchedChange } from "./watched-change";

/** An idle shard says that it lives this often, in ms. */
const IDLE_COMMIT_MS = 1_500;
/** Agents that reported nothing are looked at this often, in ms: silence is a matter of seconds. */
const TICK_MS = 1_000;

export interface SweepContext {
  db: Db;
  now: number;
  config: LoopConfig;
  settings: FleetSettings;
  policies: Map<string, TypePolicy>;
  holds: HoldCounts;
  limitIncident: Incident | null;
  lulls: Lulls;
  untaken: Change[];
  probations: Awaited<ReturnType<typeof listProbations>>;
  watches: Awaited<ReturnType<typeof listWatches>>;
  /** Detectors of agents that were replaced by a successor in probation. */
  baselines: Map<string, DetectorState>;
}

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
  const untaken = ctx.untaken.filter((change) => shardOf(change.subjectId) === shard.id);
  const ticks = now - shard.tickedAt >= TICK_MS;
  if (ticks) shard.tickedAt = now;
  const quiet = ticks ? shard.live : [];
  const ids = [...new Set([...byAgent.keys(), ...untaken.map((change) => change.subjectId), ...quiet])];
  heardOf(shard, byAgent.keys());
  const rows = new Map((await listAgents(db, ids)).map((agent) => [agent.id, agent]));
  const [detectors, directives] = await Promise.all([
    loadDetectors(db, shard, [...rows.keys()]),
    listDirectives(db, [...rows.values()]),
  ]);
  const confirmed = await listConfirmed(
    db,
    [...directives.values()].filter((d) => byAgent.has(d.agentId) && d.breachedAt === null),
  );

  const plan = new Plan();
  const seen: Seen = { runs: [], identities: [] };
  const report: ShardReport = { events: events.length, opened: 0, failed: [], lost: false };
  const cursor = Math.max(page.upTo, shard.cursor);
  for (const [id, agent] of rows) {
    const mine = byAgent.get(id) ?? [];
    const changes = untaken.filter((change) => change.subjectId === id);
    try {
      const detector = detectors.get(id)!;
      const before = detector.agentState;
      const tests = testsOf(ctx, id);
      const judgement = judge({
        agent,
        detector,
        directive: directives.get(id) ?? null,
        confirmed: confirmed.get(id) ?? new Map(),
        events: mine,
        changes,
        tests,
        frozen: ctx.probations.some((run) => run.args.successor === id),
        lull: page.full ? null : (since) => longestLull(ctx.lulls, since, now),
        prior: await priorFor(shard, ctx, agent, detector),
        settings: detectSettings(ctx.settings),
        config: ctx.config,
        now,
      });
      const touched =
        mine.length > 0 || changes.length > 0 || judgement.anomalies.length > 0 || before !== detector.agentState;
      if (!touched) continue;
      report.opened += plannedFor(plan, seen, judgement, directives.get(id) ?? null, detector, ctx);
      plan.write(saveDetector(id, detector.state, detector.agentState, now));
      for (const test of tests) if (test.moved) plan.write(test.save());
    } catch (err) {
      // One bad subject never ends a sweep: its detector is read anew, its events count as judged.
      log().error({ err, agentId: id }, "could not judge an agent");
      shard.detectors.delete(id);
      report.failed.push(id);
    }
  }
  if (seen.runs.length > 0) plan.write(addToRuns(seen.runs));
  if (seen.identities.length > 0) plan.write(saveIdentity(seen.identities));
  if (untaken.length > 0)
    plan.write(
      markTaken(
        untaken.map((change) => change.id),
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
    Object.assign(shard, { cursor, until, committedAt: now });
    return report;
  }
  // Somebody moved an agent meanwhile, or the lease went to another process.
  forget();
  return { ...report, opened: 0, lost: true };
}

/** What is written for all agents of a shard at once: a statement each would cost more than its rows. */
interface Seen {
  runs: unknown[][];
  identities: unknown[][];
}

/** What follows from one agent's judgement. Returns how many incidents it opens. */
function plannedFor(
  plan: Plan,
  seen: Seen,
  judgement: Judgement,
  directive: DirectiveRow | null,
  detector: Detector,
  ctx: SweepContext,
): number {
  const { agent, anomalies, breach, runs } = judgement;
  const { db, now } = ctx;
  if (anomalies.length > 0) plan.write(anomalyRows(db, agent.id, agent.incidentId, anomalies));
  if (anomalies.length > 0 && agent.incidentId) plan.write(worsen(agent.incidentId, anomalies));
  seen.runs.push(...runs.rows());
  seen.identities.push(identityRow(judgement, detector));
  for (const anomaly of anomalies.filter((a) => a.evidence === "change")) watchedChange(plan, ctx, agent, anomaly);
  if (breach && directive && directive.breachedAt === null) {
    plan
      .write({
        sql: "UPDATE directives SET breached_at = ?, enforced_at = NULL WHERE agent_id = ? AND version = ?",
        args: [now, agent.id, directive.version],
      })
      .tell({
        at: now,
        type: "containment.breach",
        agentId: agent.id,
        incidentId: agent.incidentId,
        text: breachText(agent.id, breach, directive),
        data: { page: true, version: directive.version, instance: breach.body.instance_id ?? null },
      });
  }
  return respond(plan, judgement, directive, detector, ctx);
}

function breachText(agentId: string, breach: StoredEvent, directive: DirectiveRow): string {
  const seconds = Math.round((Math.max(breach.at, breach.receivedAt) - directive.createdAt) / 1000);
  const who = breach.body.instance_id ? `instance ${breach.body.instance_id} of ${agentId}` : agentId;
  return directive.status === "run"
    ? `${who} used the revoked tool ${breach.body.tool} after it had confirmed that it cannot`
    : `${who} reported a ${breach.kind} ${seconds} s after its ${directive.status === "paused" ? "pause" : "quarantine"} was sent: it is not held`;
}

/** Moves the agent: graduates, suspects, opens. At most one claim an agent. */
function respond(
  plan: Plan,
  { agent, anomalies, learned }: Judgement,
  directive: DirectiveRow | null,
  detector: Detector,
  ctx: SweepContext,
): number {
  const { now } = ctx;
  const grave = anomalies.filter((anomaly) => anomaly.verdict !== "watch");
  const free = agent.state === "learning" || agent.state === "healthy";
  if (grave.length > 0 && agent.incidentId === null && (free || agent.state === "suspected")) {
    if (grave.some((anomaly) => !WAITS_FOR_FLEET.has(anomaly.type))) {
      countOpened(ctx, agent, openFor(plan, ctx, { agent, directive, detector, anomalies: grave }));
      return 1;
    }
    if (!free) return 0;
    const why = gravest(grave);
    plan.claim(agentClaim(agent, { state: move(agent.state, "suspected", "system") }, now)).tell({
      at: now,
      type: "agent.suspected",
      agentId: agent.id,
      text: `${agent.id} is suspected: ${describeAnomaly(why)}. Waiting to see whether others that share its model, provider or tools join.`,
      data: { severity: why.severity },
    });
    return 0;
  }
  if (agent.state === "learning" && learned && hasLearned(detector) && canMove("learning", "healthy", "system")) {
    plan.claim(agentClaim(agent, { state: "healthy" }, now)).tell({
      at: now,
      type: "agent.healthy",
      agentId: agent.id,
      text: `${agent.id} has learned its baseline`,
    });
  }
  return 0;
}

/** Further anomalies of an agent that has an incident raise its severity, and never lower it. */
const worsen = (incidentId: string, anomalies: readonly Anomaly[]): Statement => ({
  sql: "UPDATE incidents SET severity = max(severity, ?) WHERE id = ? AND closed_at IS NULL",
  args: [Math.max(...anomalies.map((anomaly) => anomaly.severity)), incidentId],
});

function identityRow({ agent, identity, cannot, anomalies }: Judgement, detector: Detector): unknown[] {
  const silent = anomalies.some((anomaly) => anomaly.type === "silence");
  const stuck = anomalies.some((anomaly) => anomaly.type === "stuck_run");
  const liveness = silent ? "silent" : stuck ? "stuck" : identity.seen > 0 ? "live" : agent.liveness;
  const tools = identity.tools?.filter((tool) => !agent.tools.includes(tool));
  return [
    agent.id,
    identity.seen,
    identity.model,
    identity.promptHash,
    identity.promptVersion,
    identity.toolsHash,
    Number(detector.state.identity.dynamicPrompt),
    identity.promptSamples,
    identity.goodPromptHash,
    tools && tools.length > 0 ? JSON.stringify([...agent.tools, ...tools]) : null,
    cannot.length > 0 ? JSON.stringify([...new Set([...agent.cannot, ...cannot])]) : null,
    liveness,
    identity.enforcement === null ? null : Number(identity.enforcement),
    identity.seen > 0 ? JSON.stringify(blindSpots(detector.state, identity.late)) : null,
  ];
}

/** The tests that an agent's events feed, with what to store once they moved on. */
function testsOf(ctx: SweepContext, agentId: string): (Test & { save: () => Statement })[] {
  const actions = ctx.probations.flatMap((run) => {
    const successor = typeof run.args.successor === "string" ? run.args.successor : null;
    const { probation, acknowledgedAt } = run;
    if ((successor ?? run.agentId) !== agentId || !probation || acknowledgedAt === null) return [];
    const since = { at: acknowledgedAt, version: successor ? null : run.directiveVersion };
    const baseline = successor ? ctx.baselines.get(run.agentId) : undefined;
    return [{ probation, since, baseline, moved: false, save: () => saveProbation(run.id, probation) }];
  });
  const watches = ctx.watches.flatMap(({ watch, subjectId, incidentId }) =>
    subjectId === agentId && watch
      ? [
          {
            probation: watch,
            since: { at: 0, version: null },
            moved: false,
            save: () => saveWatch(incidentId, agentId, watch),
          },
        ]
      : [],
  );
  return [...actions, ...watches];
}
