import { describe, expect, it } from "vitest";
import { masks } from "./masking";

describe("a cap that only covers up", () => {
  it.each([
    ["a loop whose every run meets the cap", "reduce_autonomy", "infinite_loop", 4, 4, "yes"],
    ["half of the runs", "reduce_autonomy", "infinite_loop", 4, 2, "yes"],
    ["runs that end by themselves again", "reduce_autonomy", "infinite_loop", 5, 1, "no"],
    ["too early to tell", "reduce_autonomy", "prompt_drift", 1, 1, "pending"],
    ["an overrun of cost is what a cap cures", "reduce_autonomy", "cost_overrun", 4, 4, "no"],
    ["other actions cap nothing", "reset_memory", "infinite_loop", 4, 4, "no"],
  ] as const)("%s", (_, action, diagnosis, ended, limited, kind) => {
    expect(masks(action, diagnosis, { ended, limited }).kind).toBe(kind);
  });
});
