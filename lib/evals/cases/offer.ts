import { existsSync } from "node:fs";
import type { EvalOffer } from "@/lib/contracts/eval-runs";
import { type Env, env } from "@/lib/env";
import { idOf } from "./case-key";
import { CLASSES, keysOf } from "./plan";
import { RUN_PROGRAM } from "./run-process";

/** What can be run from this server: cases are played by its source code, in processes that go on after a request has been answered. */
export function evalOffer({ SWEEPER_ENABLED, SENTINEL_ANALYSIS_MODEL, SENTINEL_JUDGE_MODEL }: Env = env()): EvalOffer {
  const dev = keysOf({ set: "dev", seeds: 1, late: [0] });
  return {
    reason: !SWEEPER_ENABLED
      ? "this host keeps no process alive between requests (SWEEPER_ENABLED=0), and an evaluation runs for minutes"
      : !existsSync(RUN_PROGRAM)
        ? "this server was deployed without Sentinel's source code, which is needed to run cases"
        : null,
    model: SENTINEL_ANALYSIS_MODEL ?? null,
    judge: SENTINEL_JUDGE_MODEL ?? null,
    classes: Object.keys(CLASSES).map((name) => ({
      name,
      cases: dev.filter((key) => key.class === name).map(idOf),
    })),
  };
}
