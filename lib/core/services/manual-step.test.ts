import { expect, it } from "vitest";
import { CAUSE_KINDS } from "../base/vocabulary";
import { manualStep } from "./manual-step";

const deploy = (from: string | null, to: string | null) => ({
  kind: "deploy",
  at: Date.UTC(2026, 10, 29, 13, 38),
  from,
  to,
});
it.each<[Parameters<typeof manualStep>[1], Parameters<typeof manualStep>[2], string | null]>([
  ["deploy_regression", deploy("3.7.2", "3.8.0"), "roll checkout back to 3.7.2"],
  ["deploy_regression", deploy(null, "3.8.0"), "roll checkout back to the version before 3.8.0"],
  ["deploy_regression", deploy("x".repeat(61), null), "roll checkout back to the version before"],
  ["deploy_regression", null, "roll checkout back to the version before"],
  ["config_regression", { kind: "config", at: 0, from: "pool=20", to: "pool=2" }, "set the configuration of checkout back from pool=2 to pool=20"], // prettier-ignore
  ["config_regression", null, "take back the latest configuration change of checkout"],
  ["overload", null, "scale checkout out, or shed load"],
  ["slow", null, null],
  ["failing", deploy("3.7.2", "3.8.0"), "check whether the deployment of 13:38 UTC brought it; if so, roll checkout back to 3.7.2"], // prettier-ignore
  ["silent", { kind: "config", at: 0, from: null, to: null }, "check whether the change of 00:00 UTC brought it; if so, take back the latest configuration change of checkout"], // prettier-ignore
])("%s, %o: %s", (kind, change, expected) => expect(manualStep("checkout", kind, change)).toBe(expected));

it("says something of every kind that says what is wrong", () => {
  expect(CAUSE_KINDS.filter((kind) => manualStep("checkout", kind, null) === null)).toEqual(["slow", "failing", "silent"]); // prettier-ignore
});
