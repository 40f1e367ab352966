import { expect, it } from "vitest";
import { RISKS } from "@/lib/core/base/vocabulary";
import { RISK } from "@/components/status/words";
import { undoHint, undoOf } from "./undo";

it("says beside no badge the contrary of what the badge says", () => {
  const shown = RISKS.flatMap((risk) =>
    [true, false].map((reversible) => [RISK[risk], undoHint({ risk, reversible })].filter(Boolean).join(" · ")),
  );
  expect(shown).toEqual([
    "No risk",
    "No risk · cannot be undone",
    "Reversible",
    "Reversible · cannot be undone",
    "Hard to undo · only with effort",
    "Hard to undo · no automatic undo",
    "Destructive · cannot be undone",
    "Destructive · cannot be undone",
  ]);
});

it.each([
  ["Start it again", { risk: "hard_to_undo", reversible: false }, "Start it again"],
  [null, { risk: "hard_to_undo", reversible: false }, "by hand only"],
  [null, { risk: "reversible", reversible: true }, "nothing to undo"],
  [null, { risk: "destructive", reversible: false }, "none; it cannot be undone"],
] as const)("undo %j of %j: %s", (undo, act, words) => expect(undoOf(undo, act)).toBe(words));
