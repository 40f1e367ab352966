import { readFileSync } from "node:fs";
import { live } from "./page";
import { expect, test } from "./world";

test("an operator freezes an agent's incident as a case; a viewer is not offered to", async ({
  world,
  context,
  page,
}) => {
  const freeze = page.getByRole("link", { name: "Export as test case" });
  await world.signIn(context, "viewer");
  await page.goto("/incidents");
  await page
    .getByRole("link", { name: /research-1/ })
    .first()
    .click();
  await expect(page.getByRole("heading", { name: "Timeline" })).toBeVisible();
  await live(page);
  await expect(freeze).toHaveCount(0);
  await world.signIn(context, "operator");
  await page.reload();
  await live(page);
  const download = page.waitForEvent("download");
  await freeze.click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/^inc_[\w-]+\.case\.json$/);
  const frozen = JSON.parse(readFileSync((await file.path())!, "utf8")) as {
    evidence: { agents: { id: string; before: unknown[] }[] };
  };
  expect(frozen).toMatchObject({ kind: "agent", evidence: { subjects: ["research-1"] }, answer: { why: null } });
  expect(frozen.evidence.agents.find(({ id }) => id === "research-1")!.before.length).toBeGreaterThan(0);
});
