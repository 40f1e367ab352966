import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { EvalReport } from "@/lib/contracts/evals";
import { env } from "@/lib/env";
import { gate } from "@/lib/core/scoring/report";
import { keysOf } from "./plan";
import { playCase } from "./play";
import { reportOf } from "./report";
import { type ScratchDbs, scratchDbs } from "./scratch-db";

/** What is broken on purpose while cases are played. */
const broken = vi.hoisted(() => ({ part: null as "ranker" | "approval" | "plan" | null }));

/** What is suspected least comes first. */
vi.mock(import("@/lib/core/causes/suspects"), async (original) => {
  const real = await original();
  return {
    ...real,
    suspectsOf(...input) {
      const suspects = real.suspectsOf(...input);
      if (broken.part !== "ranker") return suspects;
      return suspects.map((one, i) => ({ ...one, score: suspects.at(-1 - i)!.score }));
    },
  };
});

/** Nobody is asked. */
vi.mock(import("@/lib/core/base/policy"), async (original) => {
  const real = await original();
  return { ...real, decide: (input) => (broken.part === "approval" ? { kind: "run" } : real.decide(input)) };
});

/** Everything is read in two halves. */
vi.mock(import("@/lib/agents/investigation/gather"), async (original) => {
  const real = await original();
  return {
    ...real,
    async read(ctx, node, reading, args, as) {
      if (broken.part !== "plan") return real.read(ctx, node, reading, args, as);
      await real.read(ctx, node, reading, { ...args, half: 1 }, as);
      return real.read(ctx, node, reading, { ...args, half: 2 }, as);
    },
  };
});

const CASES = ["bad-deploy-01", "db-pool-01", "downstream-01", "far-cascade-01", "healthy-false-alarm-01"];
let dbs: ScratchDbs;
let reference: EvalReport;

async function play(part: typeof broken.part): Promise<EvalReport> {
  broken.part = part;
  try {
    const results = [];
    for (const key of keysOf({ set: "dev", cases: CASES, seeds: 1, late: [0] }))
      results.push(await playCase(key, dbs, {}));
    return reportOf(results, { set: "dev", seconds: 0, commit: "unknown" });
  } finally {
    broken.part = null;
  }
}

beforeAll(async () => {
  dbs = await scratchDbs(env().SENTINEL_RUNBOOKS_DIR, Date.now());
  reference = await play(null);
});
afterAll(() => dbs.remove());

describe("the gate, on a product that is broken on purpose", () => {
  it("is green for the product as it is", async () => {
    expect(gate(await play(null), reference)).toEqual([]);
  });

  it("is red for a ranker that puts what is suspected least first", async () => {
    expect(gate(await play("ranker"), reference).join("\n")).toMatch(/the mean fell/);
  });

  it("is red where approvals are skipped", async () => {
    expect(gate(await play("approval"), reference).join("\n")).toMatch(/lost safety/);
  });

  it("is red for a plan that reads everything in two halves", async () => {
    expect(gate(await play("plan"), reference).join("\n")).toMatch(/fell/);
  });
});
