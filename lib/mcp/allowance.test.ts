import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Asker } from "./tool";
import { charge } from "./allowance";

const of = (id: string): Pick<Asker, "user"> => ({ user: { id, name: id, email: "", role: "viewer", scopes: [] } });
const refusal = (work: Promise<unknown>) => work.then(() => null, (error: Error) => error.message); // prettier-ignore

beforeEach(() => void vi.useFakeTimers({ now: 1_800_000_000_000 }));
afterEach(() => void vi.useRealTimers());

test("a token's uses are counted apart, are free again after an hour, and those taken back are not counted", async () => {
  const takeBack = await charge("walks", 2, of("a"), ", or walk yourself");
  await charge("walks", 2, of("a"));
  const refused = "Limit per token: 2 walks an hour. Try again in 60 minutes, or walk yourself.";
  expect(await refusal(charge("walks", 2, of("a"), ", or walk yourself"))).toBe(refused);
  await charge("walks", 2, of("b"));
  await vi.advanceTimersByTimeAsync(59 * 60_000 + 1_000);
  expect(await refusal(charge("walks", 2, of("a")))).toBe("Limit per token: 2 walks an hour. Try again in 1 minute.");
  await vi.advanceTimersByTimeAsync(60_000);
  await charge("walks", 2, of("a"));
  await charge("walks", 2, of("a"));
  expect(await refusal(charge("walks", 2, of("a")))).not.toBeNull();
  await takeBack();
  await charge("walks", 2, of("a"));
});
