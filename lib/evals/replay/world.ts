import { copyFile } from "node:fs/promises";
import type { SettingsPreviewBody } from "@/lib/contracts/settings-preview";
import { EPISODE_MS } from "@/lib/core/agents/policy-change";
import { recordArrival } from "@/lib/core/detection/ingest-gaps";
import type { LoopConfig } from "@/lib/config/agents";
import { type Db, write } from "@/lib/db/client";
import { openRecordedDb } from "@/lib/db/drills";
import { migrateDb } from "@/lib/db/migrate";
import { listIncidentsInStates } from "@/lib/db/queries/incidents";
import {
  type Absence,
  copyRegistry,
  insertChanges,
  insertEvents,
  isAnyoneIll,
  listHeld,
  type ReplayedChange,
  type ReplayedEvent,
} from "@/lib/db/queries/replay";
import { createSweeper, releaseShards, type Sweeper } from "@/lib/detection/sweeper";
import { correlate } from "@/lib/detection/correlate";
import { commandAgent } from "@/lib/response/agents/command";
import { confirm } from "@/lib/response/agents/confirm";
import { holdWaiting } from "@/lib/response/agents/hold-waiting";
import { watch } from "@/lib/response/agents/watch";
import { changeSettings, changeType } from "@/lib/response/settings";
import { isolated } from "@/lib/runtime/isolated";
import { judgeOnce, STUDIED, study, sweepContext } from "@/lib/runtime/sweep";

/** Who does in a replay what people did in the record. */
export const REPLAY = { id: "replay", name: "the replay" };
/**
 * A hold of the record is carried out so much later, in ms: a replay that comes to the same hold by itself does so within a step or
 * two, and is to be seen doing it.
 */
const GRACE_MS = 120_000;

/** A step's events are fewer than one pass judges; another is only needed where one was lost. */
const MAX_PASSES = 3;

/** What arrived, was announced and was out of service in one step. */
export interface Step {
  events: readonly ReplayedEvent[];
  changes: readonly ReplayedChange[];
  absences: ReadonlyMap<string, readonly Absence[]>;
}

/**
 * A copy of the fleet in a database of its own, in which the verbs of the loop judge recorded events again, on the clock of the
 * record. Nobody answers there: what is asked is not decided, what is allowed is not carried out, and a quarantined agent goes on in the
 * record as it did. So a hold ends where the record's own hold of the same time ended, else after {@link EPISODE_MS}. While the record
 * held an agent it is held here too, since what it would have done otherwise was never seen.
 */
export class ReplayWorld {
  #sweeper: Sweeper = createSweeper();
  /** Agents and parts of the loop that failed, which the rest went on without. */
  readonly failed = new Set<string>();

  private constructor(
    readonly db: Db,
    readonly file: string,
    readonly config: LoopConfig,
  ) {}

  /** An empty world with the agents of `source`. */
  static async create(file: string, source: Db, at: number, config: LoopConfig): Promise<ReplayWorld> {
    const db = await scratch(file);
    await migrateDb(db);
    await copyRegistry(source, db, at);
    return new ReplayWorld(db, file, config);
  }

  /** The same world once more; from here on each goes its own way. */
  async fork(file: string): Promise<ReplayWorld> {
    await releaseShards(this.db, this.#sweeper);
    const { ingestGaps } = this.#sweeper;
    this.#sweeper = { ...createSweeper(), ingestGaps };
    await this.db.$client.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    await copyFile(this.file, file);
    const twin = new ReplayWorld(await scratch(file), file, this.config);
    twin.#sweeper = { ...createSweeper(), ingestGaps: structuredClone(ingestGaps) };
    for (const name of this.failed) twin.failed.add(name);
    return twin;
  }

  /** Changes settings as somebody does who saves them. */
  async change({ settings, types }: Pick<SettingsPreviewBody, "settings" | "types">, now: number): Promise<void> {
    if (Object.keys(settings).length > 0) await changeSettings(this.db, settings, REPLAY, now);
    for (const [type, patch] of Object.entries(types)) await changeType(this.db, type, patch, REPLAY, now);
  }

  /** Takes in what arrived until `now` and does what the loop does with it, up to the first proposal. */
  async step({ events, changes, absences }: Step, now: number): Promise<void> {
    const { db } = this;
    if (events.length === 0 && changes.length === 0 && !(await isAnyoneIll(db))) return this.#hold(absences, now);
    await this.#release(absences, events[0]?.receivedAt ?? now);
    const statements = [
      ...(events.length > 0 ? insertEvents(events) : []),
      ...(changes.length > 0 ? [insertChanges(db, changes)] : []),
    ];
    if (statements.length > 0) await write(db, statements);
    for (const { receivedAt } of events) recordArrival(this.#sweeper.ingestGaps, receivedAt);
    // Nobody else wants these shards; a lease that runs out would be told as a time in which nobody listened.
    for (const shard of this.#sweeper.held.values()) shard.until = Infinity;
    await this.#turn(now);
    await this.#hold(absences, now);
  }

  async #turn(now: number): Promise<void> {
    const { db, config } = this;
    const report = { events: 0, opened: 0, skipped: 0, failed: [] as string[] };
    const ctx = await sweepContext(db, now, config, this.#sweeper);
    await isolated(report, "hold waiting", async () => void (await holdWaiting(ctx)));
    for (let pass = 0; pass < MAX_PASSES && (await judgeOnce(this.#sweeper, ctx, report)); pass++);
    await isolated(report, "correlate", async () => void (await correlate(ctx)));
    await isolated(report, "confirm", async () => void (await confirm(ctx)));
    await isolated(report, "watch", async () => void (await watch(ctx)));
    // Twice: what was investigated is proposed for.
    for (let part = 0; part < 2; part++)
      for (const incident of await listIncidentsInStates(db, STUDIED))
        await isolated(report, incident.id, async () => void (await study(ctx, incident)));
    for (const name of report.failed) this.failed.add(name);
  }

  /** Lets go of whom the record let go of by now, and of everybody else in time. */
  async #release(absences: Step["absences"], at: number): Promise<void> {
    for (const { agentId, since } of await listHeld(this.db))
      if (at >= releaseAt(since, absences.get(agentId) ?? []))
        await commandAgent(this.db, agentId, "release", undefined, REPLAY, at);
  }

  /** Holds whom the record holds and who is not held here. */
  async #hold(absences: Step["absences"], now: number): Promise<void> {
    const held = new Set((await listHeld(this.db)).map(({ agentId }) => agentId));
    for (const [agentId, list] of absences) {
      const away = list.some(({ from, until }) => from + GRACE_MS <= now && (until === null || until > now));
      if (away && !held.has(agentId)) await commandAgent(this.db, agentId, "quarantine", undefined, REPLAY, now);
    }
  }

  close(): void {
    this.db.$client.close();
  }
}

/** When an agent is let go that is held since then: with the record's own hold of that time, or when an episode is over. */
function releaseAt(since: number, absences: readonly Absence[]): number {
  const over = since + EPISODE_MS;
  const own = absences.filter(({ from, until }) => from < over && (until === null || until > since)).at(-1);
  return own === undefined ? over : (own.until ?? Infinity);
}

async function scratch(file: string): Promise<Db> {
  const db = await openRecordedDb(file);
  // It is thrown away: nothing of it has to survive anything.
  await db.$client.execute("PRAGMA synchronous = OFF");
  return db;
}
