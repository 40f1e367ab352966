import type * as fastCheck from "fast-check";
import { vi } from "vitest";

/**
 * Every property is tried with as many seeds and cases as the environment says, whatever its test asks for: what
 * `npm run test:properties` runs with. A failure prints the seed and path that repeat it.
 */
vi.mock("fast-check", async (original) => {
  const real = await original<typeof fastCheck>();
  const [first, seeds, numRuns] = ["PROPERTY_SEED", "PROPERTY_SEEDS", "PROPERTY_CASES"].map((name) => Number(process.env[name])) as [number, number, number]; // prettier-ignore
  const each = Array.from({ length: seeds }, (_, i) => first + i);
  const assert: typeof fastCheck.assert = ((
    property: fastCheck.IProperty<unknown> | fastCheck.IAsyncProperty<unknown>,
    given = {},
  ) => {
    const once = (seed: number) =>
      real.assert(property as fastCheck.IAsyncProperty<unknown>, { ...given, numRuns, seed });
    if (!property.isAsync()) return void each.map(once);
    return (async () => {
      for (const seed of each) await once(seed);
    })();
  }) as never;
  return { ...real, assert, default: { ...real.default, assert } };
});
