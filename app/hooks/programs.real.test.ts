import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { IDENTICAL_CALLS } from "@/lib/core/agents/breaker";
import { loadHooks } from "@/lib/ingest/hooks/ask";
import { commandAgent } from "@/lib/response/agents/command";
import { PERSON } from "@/lib/runtime/test-fleet";
import { CASES, type Home, World } from "./test-programs";

/** How often each script is played: in the long form 20 times, unless the environment says otherwise. */
const REPEATS = process.env["LONG"] === "1" ? Number(process.env["REPEATS"] ?? 20) : 1;
const ORDINARY_CALLS = 30;

let world: World;
beforeAll(async () => {
  world = await World.open();
});
afterAll(() => world.close());

describe.each(Object.entries(CASES))("the real %s", (name, program) => {
  let home: Home;
  beforeAll(async () => {
    if (program.installed) home = await world.homeOf(program);
  });
  afterAll(() => home?.remove());

  test.skipIf(!program.installed)(
    "an ordinary session of 30 calls is untouched, and each call counts once",
    async () => {
      let untouched = 0;
      for (let round = 0; round < REPEATS; round++) {
        world.seen = [];
        world.model.play((turn) => (turn < ORDINARY_CALLS ? `echo step ${round} ${turn}` : null));
        const output = await home.play(null);
        expect(world.asked(program.before), output).toBe(ORDINARY_CALLS);
        expect(output).toContain("Done.");
        const session = world.seen[0]!.session_id;
        await expect
          .poll(() => world.runs(session), { interval: 500 })
          .toMatchObject([{ calls: ORDINARY_CALLS, enforcement: 1, state: "healthy" }]);
        untouched++;
      }
      process.stdout.write(`${name}: ordinary sessions stopped: ${REPEATS - untouched} of ${REPEATS}\n`);
    },
  );

  test.skipIf(!program.installed)(
    "a loop is held before its eighth call, and the same session finishes once it is released",
    async () => {
      for (let round = 0; round < REPEATS; round++) {
        world.seen = [];
        let refused = 0;
        // A program that goes on with its turn after a refusal would never end: the model gives up after some.
        world.model.play(() => (world.asked(program.before) < IDENTICAL_CALLS || refused++ < 2 ? "echo again" : null));
        const output = await home.play(null);
        const session = world.seen[0]!.session_id;
        expect(output).toContain("Held by Sentinel: 8 identical calls in a row");
        await expect
          .poll(() => world.runs(session), { interval: 500 })
          .toMatchObject([{ calls: IDENTICAL_CALLS - 1, state: "quarantined" }]);
        const [held] = await world.runs(session);

        world.model.play(() => null);
        const asks = world.asked(program.before);
        await home.play(session);
        expect(world.model.turns, "a prompt of a held session reaches no model").toBe(0);
        await commandAgent(world.db, held!.id, "release", undefined, PERSON, Date.now());
        await loadHooks(world.db);
        world.model.play((turn) => (turn < 2 ? "echo again" : null));
        const released = await home.play(session);
        expect(world.asked(program.before) - asks).toBe(2);
        expect(released).toContain("Done.");
        await expect.poll(() => world.runs(session), { interval: 500 }).toMatchObject([{ calls: IDENTICAL_CALLS + 1 }]);
      }
      process.stdout.write(`${name}: loops held before their eighth call, and finished: ${REPEATS} of ${REPEATS}\n`);
    },
  );
});
