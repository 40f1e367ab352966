import { expect, test } from "vitest";
import { ACTS, OWN_ACTS } from "@/lib/core/base/audit-acts";
import { ACTION_GROUPS, detailText } from "./words";

test("every action can be filtered by its first word", () => {
  const actions = [...OWN_ACTS, ...Object.values(ACTS).flatMap((act) => (act ? [act.action] : []))];
  expect(new Set(ACTION_GROUPS)).toEqual(new Set(actions.map((action) => action.split(".")[0])));
});

test.each<[Record<string, unknown>, string]>([
  [{ text: "told", expires_at: 0 }, "told"],
  [
    { name: "ci", expires_at: Date.UTC(2027, 0, 1), count: 3 },
    "name: ci · expires at: 2027-01-01T00:00:00.000Z · count: 3",
  ],
  [{ until: 9e15, list: ["left out"] }, "until: 9000000000000000"],
])("what an entry tells: %o", (details, expected) => expect(detailText(details)).toBe(expected));
