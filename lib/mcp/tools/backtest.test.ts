import { expect, test, vi } from "vitest";
import { SentinelError } from "@/lib/errors";
import type { Asker } from "../tool";
import { BACKTEST } from "./backtest";

const replay = vi.hoisted(() => vi.fn<() => Promise<never>>());
vi.mock("@/lib/evals/replay/preview", () => ({ previewSettings: replay }));

test("only one that started is counted: who finds another replay going on asks again", async () => {
  const user = { id: "token:t", name: "t", email: "", role: "operator" as const, scopes: [] };
  const asker: Asker = { db: {} as never, user, now: 1, origin: "", requestId: "r", signal: new AbortController().signal }; // prettier-ignore
  const ask = () =>
    BACKTEST.run({ days: 1, settings: { arl: 10_000 }, types: {} }, asker).then(() => "", (error: Error) => error.message); // prettier-ignore
  replay.mockRejectedValue(new SentinelError("conflict", { detail: "Ada is running a preview" }));
  for (let i = 0; i < 15; i++) expect(await ask()).toBe("Ada is running a preview");
  replay.mockRejectedValue(new SentinelError("unavailable", { detail: "The replay failed" }));
  for (let i = 0; i < 12; i++) expect(await ask()).toBe("The replay failed");
  expect(await ask()).toMatch(
    /^Limit per token: 12 backtests an hour\. Try again in 60 minutes, or use the console\.$/,
  );
});
