import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type SettingsPreviewAnswer, SettingsPreviewBody } from "@/lib/contracts/settings-preview";
import type { AgentEvent } from "@/lib/contracts/event";
import type { Mode } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { TestFleet } from "@/lib/runtime/test-fleet";
import { type ReplayOptions, replaySettings } from "./replay";

const AGENTS = ["a-1", "a-2", "a-3", "a-4", "a-5", "a-6"];
const ILL = "a-1";
/** Between two calls of an agent, in ms. */
const EVERY_MS = 20_000;
/** Healthy calls of each agent, so many in one request; and what the ill one makes after that. */
const LEARNED = 110;
const SENT_TOGETHER = 5;
const RUN_AWAY = 40;

/** A fleet that learned, and one agent of it whose tokens then run away slowly, in the record of one mode. */
async function recorded(mode: Mode): Promise<TestFleet> {
  const fleet = await TestFleet.open();
  await fleet.treat("Research", mode, ["none"], null);
  const healthy: Partial<AgentEvent>[] = [];
  for (let call = 1; call <= LEARNED; call++) {
    healthy.push(...AGENTS.map((id) => fleet.call(id)));
    fleet.now += EVERY_MS;
    if (call % SENT_TOGETHER !== 0) continue;
    await fleet.send(healthy.splice(0));
    await fleet.sweep();
  }
  for (let call = 0; call < RUN_AWAY; call++) {
    const by = 1.6 + call / 20;
    fleet.faults.set(ILL, (event) => ({
      ...event,
      input_tokens: Math.round(event.input_tokens! * by),
      token_count: Math.round(event.token_count! * by),
      cost: event.cost! * by,
    }));
    await fleet.tick(AGENTS);
    fleet.now += EVERY_MS;
  }
  return fleet;
}

/** Every row of every table, in one number. */
async function fingerprint(db: Db): Promise<string> {
  const hash = createHash("sha256");
  const tables = await db.all<{ name: string }>(
    sql`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%_fts%' AND name NOT LIKE 'libsql_%' ORDER BY name`,
  );
  for (const { name } of tables) {
    const rows = await db.$client.execute(`SELECT * FROM "${name}"`);
    hash.update(name).update(
      JSON.stringify(
        rows.rows
          .map((row) => Object.values(row))
          .map(String)
          .toSorted(),
      ),
    );
  }
  return hash.digest("hex");
}

const preview = (fleet: TestFleet, body: unknown, more: Partial<ReplayOptions> = {}) =>
  replaySettings(fleet.db, SettingsPreviewBody.parse(body), { now: fleet.now, config: fleet.config, ...more });

const about = ({ differences }: SettingsPreviewAnswer, agent: string) =>
  differences.filter((difference) => difference.agent === agent);

describe("events that were recorded in mode act", () => {
  let fleet: TestFleet;
  let incident: string;
  beforeAll(async () => {
    fleet = await recorded("act");
    const [row] = await fleet.db.all<{ id: string }>(sql`SELECT id FROM incidents`);
    incident = row!.id;
  });
  afterAll(() => fleet.close());

  it("show a runaway caught earlier by a lower ARL; nothing of the record changes, and today's replay agrees with it", async () => {
    const before = await fingerprint(fleet.db);
    const progress: number[] = [];
    const answer = await preview(fleet, { days: 1, settings: { arl: 10_000 } }, { onProgress: (done) => progress.push(done) }); // prettier-ignore
    expect(about(answer, ILL)).toMatchObject([
      { kind: "earlier", type: "Research", incident, today: { standing: "held" }, changed: { standing: "held" } },
    ]);
    const [{ delay_samples: delay, delay_ms: ms, changed } = {}] = about(answer, ILL);
    expect(delay).toBeLessThan(0);
    expect(ms).toBeLessThan(0);
    expect(changed!.reason).toMatch(/token|cost/);
    expect(answer.record).toEqual({ recorded: 1, replayed: 1, both: 1, notes: [] });
    expect(answer.replayed).toMatchObject({ agents: AGENTS.length, learned_events: 0, to: fleet.now });
    const [{ n } = { n: 0 }] = await fleet.db.all<{ n: number }>(sql`SELECT count(*) AS n FROM agent_events`);
    expect(answer.replayed.events).toBe(n);
    expect(answer.cost.events_per_second).toBeGreaterThan(0);
    expect(progress.at(-1)).toBe(1);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(await fingerprint(fleet.db)).toBe(before);
  });

  it("show that a higher ARL had not caught it by then, and that what it would have done next was never seen", async () => {
    const answer = await preview(fleet, { days: 1, settings: { arl: 1_000_000_000 } });
    expect(about(answer, ILL)).toMatchObject([
      { kind: "no_hold", incident, today: { standing: "held" }, changed: null },
    ]);
    expect(answer.unjudged).toContainEqual({ why: "held_in_record", agents: 1, events: null });
    expect([answer.today.held, answer.changed.held]).toEqual([1, 0]);
  });

  it("show what would no longer be asked under another ladder", async () => {
    const types = { Research: { allows: ["none", "reversible", "hard_to_undo"], threshold: 10.1 } };
    const answer = await preview(fleet, { days: 1, types });
    expect(about(answer, ILL)).toMatchObject([
      { kind: "handling", incident, today: { proposal: { policy: "ask" } }, changed: { proposal: { policy: "run" } } },
    ]);
    expect(about(answer, ILL)[0]!.delay_samples).toBe(0);
    expect([answer.today.asked, answer.changed.asked, answer.changed.ran]).toEqual([1, 0, 1]);
  });
});

describe("events that were recorded in mode observe", () => {
  let fleet: TestFleet;
  beforeAll(async () => void (fleet = await recorded("observe")));
  afterAll(() => fleet.close());

  it("show the quarantines and approvals that mode act would have brought", async () => {
    const answer = await preview(fleet, { days: 1, types: { Research: { mode: "act" } } });
    expect(about(answer, ILL)).toMatchObject([
      {
        kind: "hold",
        today: { standing: "would_hold", held_at: null, proposal: { policy: "record" } },
        changed: { standing: "held", proposal: { policy: "ask" } },
      },
    ]);
    expect([answer.today.held, answer.changed.held, answer.changed.asked]).toEqual([0, 1, 1]);
    expect(answer.record).toMatchObject({ recorded: 1, both: 1 });
  });

  it("show what limits of mode act would have kept it from: the record began on a Wednesday at noon, UTC", async () => {
    const hours = { from: "00:00", until: "00:00", time_zone: "UTC" };
    const asks = await preview(fleet, {
      days: 1,
      types: { Research: { mode: "act", act_hours: { ...hours, days: ["sun"] } } },
    });
    expect(about(asks, ILL)).toMatchObject([
      { kind: "handling", changed: { standing: "recommended", proposal: { policy: "ask" } } },
    ]);
    expect(asks.changed.held).toBe(0);
    const holds = await preview(fleet, {
      days: 1,
      types: { Research: { mode: "act", act_hours: { ...hours, days: ["wed", "thu"] } } },
    });
    expect([holds.changed.held, holds.changed.asked]).toEqual([1, 1]);
  });

  it("show the quarantines that a containment limit would have stopped", async () => {
    const types = { Research: { mode: "act" } };
    const answer = await preview(fleet, { days: 1, types, settings: { limits: { per_hour: 0 } } });
    expect(about(answer, ILL)).toMatchObject([{ changed: { standing: "limited", held_at: null } }]);
    expect([answer.changed.held, answer.changed.limited]).toEqual([0, 1]);
  });

  it("are the newest ones where there are more than a replay judges, and it says so", async () => {
    const answer = await preview(fleet, { days: 1, settings: { arl: 10_000 } }, { maxEvents: 216 });
    expect(answer.replayed.events).toBe(216);
    expect(answer.replayed.cut).toBe("only the newest 216 events are replayed");
    expect(answer.unjudged).toContainEqual(expect.objectContaining({ why: "learning", agents: AGENTS.length }));
    // Too few to learn from: the record cannot come again, and why is said.
    expect(answer.record).toMatchObject({
      recorded: 1,
      both: 0,
      notes: [expect.stringContaining("Baselines were learned within")],
    });
  });

  it("are learned from before the days that are compared", async () => {
    const later = fleet.now + 24 * 3_600_000 - 20 * 60_000;
    const answer = await preview(fleet, { days: 1, settings: { arl: 10_000 } }, { now: later });
    expect(answer.replayed.learned_events).toBeGreaterThan(0);
    expect(answer.replayed).toMatchObject({ cut: null, from: later - 24 * 3_600_000 });
    expect(answer.unjudged.find(({ why }) => why === "learning")).toBeUndefined();
  });

  it("are not replayed for a type that nobody knows, or when there are none", async () => {
    await expect(preview(fleet, { days: 1, types: { Resaerch: { mode: "act" } } })).rejects.toMatchObject({
      code: "invalid",
      details: { fields: [{ field: "types.Resaerch", reason: "is not a known agent type" }] },
    });
    const later = { now: fleet.now + 30 * 24 * 3_600_000 };
    await expect(preview(fleet, { days: 1, settings: { arl: 10_000 } }, later)).rejects.toMatchObject({ code: "not_found" }); // prettier-ignore
  });

  it("are left alone, with nothing left behind, when nobody waits for the answer any more", async () => {
    const folder = await mkdtemp(join(tmpdir(), "replay-test-"));
    vi.stubEnv("TMPDIR", folder);
    const gone = new AbortController();
    const seen: string[][] = [];
    const onProgress = () => {
      seen.push(readdirSync(folder));
      gone.abort(new Error("gone"));
    };
    await expect(preview(fleet, { days: 1, settings: { arl: 10_000 } }, { onProgress, signal: gone.signal })).rejects.toThrow("gone"); // prettier-ignore
    vi.unstubAllEnvs();
    expect(seen).toEqual([[expect.stringMatching(/^sentinel-preview-/)]]);
    expect(readdirSync(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  });
});
