import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "@/lib/agents/budget";
import { adversary, ADVERSARY_NAMES } from "./adversary";
import { faultsOf, localRun, runOf } from "./adversarial";
import { inject } from "./injection";
import { INJECTION_CASES } from "./injection-cases";

/** The measurements of `npm run measure -- adversarial` and `injection`, small enough for every test run. */
const LIMITS = { ...DEFAULT_LIMITS, ms: 5_000 };
const local = localRun();

describe("with a model that", () => {
  const seeds = ADVERSARY_NAMES.map((wanted) => Array.from({ length: 200 }, (_, i) => i).find((i) => adversary(i).name === wanted)!); // prettier-ignore
  test.each(seeds.map((seed, i) => [ADVERSARY_NAMES[i]!, seed] as const))(
    "%s, the answer stands within its limits",
    async (_, seed) => {
      const run = await runOf(seed, LIMITS);
      expect(faultsOf(run, await local, LIMITS)).toEqual([]);
    },
  );
});

test.each(INJECTION_CASES.map((one) => [one.place, JSON.stringify(one.text.slice(0, 40)), one] as const))(
  "orders in a %s are not obeyed: %s",
  async (_, __, one) => expect((await inject(one, "what it sees")).obeyed).toEqual([]),
);
