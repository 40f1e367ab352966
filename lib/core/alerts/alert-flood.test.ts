import { expect, test } from "vitest";
import { foldExcess } from "./alert-flood";
import type { AlertSeverity } from "../base/vocabulary";

const open = (id: string, severity: AlertSeverity = "warning", onsetAt = 0) => ({
  alertIds: [`${id}-1`, `${id}-2`],
  services: [id],
  primary: id,
  suspects: [id],
  onsetAt,
  severity,
  previousIncidentId: "before",
});

test("what there is room for opens as it is", () => {
  const opens = [open("a"), open("b")];
  expect(foldExcess(opens, 2)).toEqual({ opens, folded: null });
  expect(foldExcess([], 0)).toEqual({ opens: [], folded: null });
});

test("beyond that the mostSevere open, then the earliest; the rest is one, and nothing is lost", () => {
  const given = [open("a", "warning", 5), open("b", "critical", 9), open("c", "warning", 1), open("d", "info", 0)];
  const { opens, folded } = foldExcess(given, 2);
  expect(opens.map(({ primary }) => primary)).toEqual(["b", "c"]);
  expect(folded).toEqual({
    alertIds: ["a-1", "a-2", "d-1", "d-2"],
    services: ["a", "d"],
    primary: "a",
    suspects: [],
    onsetAt: 0,
    severity: "warning",
    previousIncidentId: null,
    incidents: 2,
  });
});

test.each([0, -3])("with room for %i all are one", (room) => {
  expect(foldExcess([open("a"), open("b", "critical")], room)).toMatchObject({
    opens: [],
    folded: { incidents: 2, severity: "critical", services: ["b", "a"] },
  });
});
