import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SettingsPreviewAnswer, SettingsPreviewBody } from "@/lib/contracts/settings-preview";
import { episodes } from "@/lib/core/agents/policy-change";
import { type LoopConfig, loopConfig } from "@/lib/config/agents";
import type { Db } from "@/lib/db/client";
import { newestSeq } from "@/lib/db/queries/events";
import { grouped } from "@/lib/core/base/grouped";
import {
  firstEventFrom,
  firstEventSince,
  listAbsences,
  listAnnounced,
  listReplayed,
  listTreatments,
} from "@/lib/db/queries/replay";
import { loadPolicies } from "@/lib/db/queries/settings";
import { SentinelError } from "@/lib/errors";
import { answerOf, type Played } from "./answer";
import { stepsOf } from "./steps";
import { ReplayWorld } from "./world";

const DAY_MS = 24 * 3_600_000;
/** Events read at once from the database that agents report into. */
const PAGE = 2_000;
/**
 * Events that one replay judges, those it only learns from included: the newest. At a few thousand a second and under two settings that
 * is a minute or two, which is as long as anybody waits for a screen.
 */
export const MAX_EVENTS = 200_000;
/** A replay has at most so many steps, each of which costs some milliseconds however little happened in it. */
const MAX_STEPS = 3_000;
/** Steps are no shorter than this, in ms: what is decided within seconds is told apart, and suspicions wait two of them. */
const MIN_STEP_MS = 5_000;

export interface ReplayOptions {
  now: number;
  config?: LoopConfig;
  /** The share that is done, 0 to 1; called often. */
  onProgress?: (done: number) => void;
  signal?: AbortSignal;
  maxEvents?: number;
}

/**
 * What changed settings would have done differently over the last days, judged by the verbs that judge live events, on copies of the
 * fleet: `source` is only read. Both settings are replayed over the same events in the same steps, from the same baselines, which
 * are learned before on as long a time again, under today's settings. Throws `not_found` for a type that nobody knows and where
 * there is nothing to replay; the signal's reason when it is aborted.
 */
export async function replaySettings(
  source: Db,
  change: SettingsPreviewBody,
  options: ReplayOptions,
): Promise<SettingsPreviewAnswer> {
  const began = performance.now();
  await knownTypes(source, change);
  const plan = await planReplay(source, change.days, options);
  const folder = await mkdtemp(join(tmpdir(), "sentinel-preview-"));
  try {
    return await play(source, change, plan, options, folder, (played) =>
      answerOf(source, played, (performance.now() - began) / 1_000),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function knownTypes(source: Db, { types }: SettingsPreviewBody): Promise<void> {
  const known = await loadPolicies(source);
  const unknown = Object.keys(types).filter((type) => !known.has(type));
  if (unknown.length > 0)
    throw new SentinelError("invalid", {
      detail: `No agent has the type ${unknown[0]}`,
      fields: unknown.map((type) => ({ field: `types.${type}`, reason: "is not a known agent type" })),
    });
}

/** Which events are replayed. */
export interface ReplayPlan {
  /** Places: after the first, up to the second. */
  after: number;
  upTo: number;
  learnFrom: number;
  from: number;
  to: number;
  stepMs: number;
  cut: string | null;
}

async function planReplay(source: Db, days: number, { now, maxEvents = MAX_EVENTS }: ReplayOptions): Promise<ReplayPlan> {
  const newest = await newestSeq(source);
  const wanted = await firstEventSince(source, now - 2 * days * DAY_MS);
  if (wanted === null)
    throw new SentinelError("not_found", { detail: `No agent has reported anything in the last ${2 * days} days` });
  const capped = newest - wanted.seq + 1 > maxEvents;
  const first = (capped ? await firstEventFrom(source, newest - maxEvents + 1) : wanted)!;
  const asked = now - days * DAY_MS;
  const from = Math.max(asked, first.receivedAt);
  const because = capped ? `only the newest ${maxEvents.toLocaleString("en")} events are replayed` : "older events are past retention, or there are none"; // prettier-ignore
  return {
    after: first.seq - 1,
    upTo: newest,
    learnFrom: first.receivedAt,
    from,
    to: now,
    stepMs: Math.max(MIN_STEP_MS, Math.ceil((now - first.receivedAt) / MAX_STEPS)),
    cut: from > asked ? because : null,
  };
} // prettier-ignore

async function play(
  source: Db,
  change: SettingsPreviewBody,
  plan: ReplayPlan,
  { config = loopConfig(), onProgress, signal }: ReplayOptions,
  folder: string,
  tell: (played: Played) => Promise<SettingsPreviewAnswer>,
): Promise<SettingsPreviewAnswer> {
  const absences = grouped(await listAbsences(source, plan.learnFrom), ({ agentId }) => agentId);
  const ends = [...absences.values()].flat().flatMap(({ until }) => (until === null ? [] : [until]));
  const steps = stepsOf(plan, await listAnnounced(source, plan.learnFrom), ends, (after) =>
    listReplayed(source, after, plan.upTo, PAGE),
  );
  const today = await ReplayWorld.create(join(folder, "today.db"), source, plan.learnFrom, config);
  let changed: ReplayWorld | null = null;
  try {
    for await (const { now, ...arrived } of steps) {
      signal?.throwIfAborted();
      if (changed === null && now > plan.from) {
        changed = await today.fork(join(folder, "changed.db"));
        await changed.change(change, plan.from);
      }
      const step = { ...arrived, absences };
      await today.step(step, now);
      await changed?.step(step, now);
      onProgress?.(Math.min(1, (now - plan.learnFrom) / (plan.to - plan.learnFrom)));
    }
    if (changed === null) throw new SentinelError("not_found", { detail: "No agent reported anything in this period" });
    const [before, after, recorded] = await Promise.all(
      [today.db, changed.db, source].map(async (db) => episodes(await listTreatments(db, plan.from))),
    );
    return await tell({ plan, today, changed, before: before!, after: after!, recorded: recorded! });
  } finally {
    today.close();
    changed?.close();
  }
} // prettier-ignore
