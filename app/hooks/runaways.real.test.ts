import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "@/e2e/http/own-server";
import { loadHooks } from "@/lib/ingest/hooks/ask";
import { commandAgent } from "@/lib/response/agents/command";
import { decideBudget } from "@/lib/response/budgets/decide";
import { removeBudget, setBudget } from "@/lib/response/budgets/set";
import { PERSON } from "@/lib/runtime/test-fleet";
import { CASES, type Home, type Stored, World } from "./test-programs";

/** So much longer a model takes to answer than Sentinel to look, ms. Real ones take seconds. */
const MODEL_MS = 250;
const ORDINARY_CALLS = 30;
/** A runaway's budget, in ordinary model calls: between two, or the rounding of sums would decide which call uses it up. */
const BUDGET_CALLS = 39.5;
/** A runaway that nobody holds ends here. */
const MOST_CALLS = 150;
/** Of the budget, beside one model call and one export interval. */
const OVER_SHARE = 0.05;

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

/** The model at work: Sentinel looks meanwhile, on a slow machine too. */
async function thinking(): Promise<void> {
  await wait(MODEL_MS);
  await world.look();
}

describe.each(Object.entries(CASES))("the real %s", (name, program) => {
  let home: Home;
  let ordinary: Stored;
  const told = (session: string) => world.runs(session).then(([run]) => run);

  beforeAll(async () => {
    if (!program.installed) return;
    home = await world.homeOf(program);
    world.seen = [];
    world.model.play(async (turn) => (await thinking(), turn < ORDINARY_CALLS ? `echo step ${turn}` : null));
    await home.play(null);
    const session = world.seen[0]!.session_id;
    ordinary = await until("the ordinary session is stored", async () => {
      const run = await told(session);
      return run?.calls === ORDINARY_CALLS && run.tokens === world.model.tokens && run;
    });
  });
  afterAll(() => home?.remove());

  test.skipIf(!program.installed)(
    "a session that overspends is held, and finishes when it may spend more",
    async () => {
      // In what its telemetry knows: Codex does not tell what a model costs that has no price.
      const inUsd = ordinary.cost !== null;
      const perCall = (inUsd ? ordinary.cost! : ordinary.tokens!) / ordinary.modelCalls;
      const limit = perCall * BUDGET_CALLS;
      const usedBy = (run: Stored | undefined) => (inUsd ? run?.cost : run?.tokens) ?? 0;
      const budget = {
      id: `budget-${program.type}`, scope: "run", subject: ordinary.id, window: "run", zone: "UTC",
      measure: inUsd ? "usd" : "tokens", limit, warnShare: 0.8, atLimit: "pause_and_ask",
    } as const; // prettier-ignore
      await setBudget(world.db, budget, PERSON, Date.now());

      world.seen = [];
      world.refusals = 0;
      /** When the report arrived with which the budget is used up. */
      let reportedAt = Infinity;
      const began: number[] = [];
      world.onExport = async () => {
        if (world.seen.length > 0 && usedBy(await told(world.seen[0]!.session_id)) >= limit)
          reportedAt = Math.min(reportedAt, Date.now());
      };
      world.model.play(async (turn) => {
        began.push(Date.now());
        await thinking();
        // Whoever was refused is told so at its next turn, if there is one: then it gives up.
        return world.refusals > 0 || turn >= MOST_CALLS ? null : `echo spend ${turn}`;
      });
      const output = await home.play(null);
      world.onExport = async () => {};
      const session = world.seen[0]!.session_id;
      await expect.poll(() => told(session), { interval: 500 }).toMatchObject({ tokens: world.model.tokens });
      const run = (await told(session))!;
      const over = usedBy(run) / limit - 1;
      const late = began.filter((at) => at > reportedAt).length - (program.endsTurn ? 0 : 1);
      process.stdout.write(
        `${name}: budget of ${limit.toPrecision(4)} ${budget.measure} (${BUDGET_CALLS} calls), over by ${(over * 100).toFixed(1)} %; calls begun after the report of it had arrived (exported every ${program.exportMs / 1_000} s): ${late}\n`,
      );
      expect(began.length, output).toBeLessThan(MOST_CALLS);
      expect(reportedAt).toBeLessThan(Infinity);
      expect(over <= OVER_SHARE || late <= 1, `over by ${over}, ${late} late`).toBe(true);

      const subject = `${ordinary.id}\n${session}`;
      const { rows } = await world.db.$client.execute({ sql: "SELECT version FROM budget_states WHERE budget_id = ? AND subject = ?", args: [budget.id, subject] }); // prettier-ignore
      const more = {
        subject,
        start: 0,
        version: Number(rows[0]!["version"]),
        decision: "more",
        amount: limit,
      } as const;
      await decideBudget(world.db, budget.id, more, PERSON, Date.now());
      await world.look();
      const asks = world.asked(program.before);
      world.model.play((turn) => (turn < 3 ? `echo rest ${turn}` : null));
      expect(await home.play(session)).toContain("Done.");
      expect(world.asked(program.before) - asks).toBe(3);
      await removeBudget(world.db, budget.id, PERSON, Date.now());
    },
  );

  test.skipIf(!program.installed)(
    "a run of failing tools is held, and the session finishes once it is released",
    async () => {
      world.seen = [];
      world.refusals = 0;
      world.model.play(async (turn) => {
        await thinking();
        return world.refusals > 0 || turn >= MOST_CALLS ? null : program.failing(turn);
      });
      const output = await home.play(null);
      const session = world.seen[0]!.session_id;
      const run = (await told(session))!;
      process.stdout.write(`${name}: ${run.errors} of ${run.calls} calls failed before it was held: ${run.state}\n`);
      expect(run.state, output.slice(-3_000)).toBe("quarantined");
      await commandAgent(world.db, run.id, "release", undefined, PERSON, Date.now());
      await loadHooks(world.db);
      const asks = world.asked(program.before);
      world.model.play((turn) => (turn < 3 ? `echo rest ${turn}` : null));
      expect(await home.play(session)).toContain("Done.");
      expect(world.asked(program.before) - asks).toBe(3);
    },
  );
});
