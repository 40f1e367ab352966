import { expect, test } from "vitest";
import { ACTS, OWN_ACTS } from "@/lib/core/base/audit-acts";
import { ACTION_GROUPS } from "./words";

test("every action can be filtered by its first word", () => {
  const actions = [...OWN_ACTS, ...Object.values(ACTS).flatMap((act) => (act ? [act.action] : []))];
  expect(new Set(ACTION_GROUPS)).toEqual(new Set(actions.map((action) => action.split(".")[0])));
});
