import {
  PREVIEW_LISTED,
  type PreviewDifference,
  type PreviewEpisode,
  type SettingsPreviewAnswer,
} from "@/lib/contracts/settings-preview";
import { type Difference, differences, type Episode, paired, totals } from "@/lib/core/agents/policy-change";
import type { Db } from "@/lib/db/client";
import { listAgents } from "@/lib/db/queries/agents";
import {
  countBlindSpots,
  countHeldBy,
  countReplayed,
  countSamples,
  countSettingsChanges,
  countUnjudged,
} from "@/lib/db/queries/replay";
import type { ReplayPlan } from "./replay";
import { REPLAY, type ReplayWorld } from "./world";

/** Both replays at their end, and the record of the same time. */
export interface Played {
  plan: ReplayPlan;
  today: ReplayWorld;
  changed: ReplayWorld;
  before: Episode[];
  after: Episode[];
  recorded: Episode[];
}

/** What is told of two replays. `source` is the record: incidents are linked, and samples counted, there. */
export async function answerOf(source: Db, played: Played, seconds: number): Promise<SettingsPreviewAnswer> {
  const { plan, today, before, after, recorded } = played;
  const { before: learned, ...replayed } = await countReplayed(today.db, plan.from);
  const found = differences(before, after, 2 * plan.stepMs);
  return {
    replayed: {
      from: plan.from,
      to: plan.to,
      ...replayed,
      learned_from: plan.learnFrom,
      learned_events: learned,
      cut: plan.cut,
      step_ms: plan.stepMs,
    },
    unjudged: await unjudgedOf(played),
    record: await recordOf(source, played),
    today: totals(before),
    changed: totals(after),
    differences: await listed(source, found.slice(0, PREVIEW_LISTED), recorded),
    more: Math.max(0, found.length - PREVIEW_LISTED),
    cost: {
      seconds: Math.round(seconds * 10) / 10,
      // Once to learn from, or twice to be judged under both settings.
      events_per_second: Math.round((learned + 2 * replayed.events) / Math.max(seconds, 0.001)),
    },
  };
}

async function listed(source: Db, found: readonly Difference[], recorded: readonly Episode[]): Promise<PreviewDifference[]> {
  const agents = await listAgents(source, [...new Set(found.map((one) => oneOf(one).agentId))]);
  const types = new Map(agents.map(({ id, type }) => [id, type]));
  const incidents = new Map(
    paired(found.map(oneOf), recorded).flatMap(([one, record]) => (one && record ? [[one, record.incidentId]] : [])),
  );
  return Promise.all(
    found.map(async ({ kind, today, changed }) => {
      const one = oneOf({ today, changed });
      const both = today !== null && changed !== null;
      return {
        kind,
        agent: one.agentId,
        type: types.get(one.agentId) ?? "",
        at: Math.min(today?.at ?? Infinity, changed?.at ?? Infinity),
        incident: incidents.get(one) ?? null,
        today: today && shown(today),
        changed: changed && shown(changed),
        delay_samples: both ? await samplesBetween(source, today, changed) : null,
        delay_ms: both ? timeBetween(today, changed) : null,
      };
    }),
  );
} // prettier-ignore

const oneOf = ({ today, changed }: Pick<Difference, "today" | "changed">): Episode => (changed ?? today)!;

/** From quarantine to quarantine; where not both are quarantined, from evidence to evidence. */
const timeBetween = (today: Episode, changed: Episode): number =>
  today.heldAt !== null && changed.heldAt !== null ? changed.heldAt - today.heldAt : changed.at - today.at;

const shown = (episode: Episode): PreviewEpisode => ({
  at: episode.at,
  standing: episode.standing,
  held_at: episode.heldAt,
  holds: episode.holds,
  reason: episode.reason,
  severity: episode.severity,
  samples: episode.samples,
  proposal: episode.proposal,
});

async function samplesBetween(source: Db, { agentId, seq: a }: Episode, { seq: b }: Episode): Promise<number | null> {
  if (a === null || b === null) return null;
  const apart = await countSamples(source, agentId, Math.min(a, b), Math.max(a, b));
  return b < a ? -apart : apart;
}

async function unjudgedOf({ plan, today, changed }: Played): Promise<SettingsPreviewAnswer["unjudged"]> {
  const { learning, late } = await countUnjudged(today.db, plan.from);
  const spots = await countBlindSpots(today.db);
  const failed = new Set([...today.failed, ...changed.failed]);
  return [
    { why: "learning" as const, ...learning },
    { why: "late" as const, ...late },
    { why: "held_in_record" as const, agents: await countHeldBy(changed.db, REPLAY.id, plan.from), events: null },
    ...spots.map(({ spot, agents }) => ({ why: spot, agents, events: null })),
    { why: "failed" as const, agents: failed.size, events: null },
  ].filter(({ agents }) => agents > 0);
}

/** How far the replay under today's settings is what happened, and what is known of why it is not. */
async function recordOf(source: Db, { plan, before, recorded }: Played): Promise<SettingsPreviewAnswer["record"]> {
  const pairs = paired(recorded, before);
  const both = pairs.filter(([record, replay]) => record !== null && replay !== null).length;
  const agrees = pairs.length === both;
  const changes = await countSettingsChanges(source, plan.from);
  const reasons = [
    changes > 0
      ? `Settings were changed ${changes === 1 ? "once" : `${changes} times`} in this period: earlier episodes were recorded under different settings.`
      : "",
    plan.cut === null
      ? ""
      : `Baselines were learned within the replayed time (${plan.cut}); the live baselines may have had more data.`,
  ].filter((reason) => reason !== "");
  const unknown =
    "No specific reason found. Live evaluation runs every second, with baselines that have learned for longer.";
  return {
    recorded: recorded.length,
    replayed: before.length,
    both,
    notes: agrees ? [] : reasons.length > 0 ? reasons : [unknown],
  };
}
