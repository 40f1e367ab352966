import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { IncidentDetail } from "@/lib/contracts/incidents";
import { ByHand } from "./by-hand";

const byHand = { step: "roll checkout back to 3.7.2", confidence: 0.62, entries: [{ title: "Roll back (Kubernetes)", entry: { name: "undo" } }] }; // prettier-ignore
const finding = {
  id: "fnd_1",
  kind: "runbook",
  title: "checkout.md, “Bad deploy”",
  source: "incident",
  detail: {},
  at: 0,
};
const shown = (findings: IncidentDetail["findings"], onDone?: () => void) =>
  renderToStaticMarkup(<ByHand byHand={byHand} findings={findings} onDone={onDone} />);

test("says what to do, how sure it is, where it is written, and what to paste", () => {
  const page = shown([finding as IncidentDetail["findings"][number]], () => undefined);
  for (const text of [
    "62 %",
    "Roll checkout back to 3.7.2.",
    "checkout.md, “Bad deploy”",
    "&quot;name&quot;: &quot;undo&quot;",
    "Mark done by hand",
  ])
    // prettier-ignore
    expect(page).toContain(text);
});

test("a viewer is told and offered nothing, and no runbook is claimed", () => {
  expect(shown([])).not.toMatch(/Mark done|Runbook/);
});
