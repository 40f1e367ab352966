import { expectAccessibleInBoth, expectNoSidewaysScroll, live, PHONE } from "./page";
import { expect, test } from "./world";

/** Reports until it is so: what is judged is what comes in. */
const REPORT_EVERY_MS = 500;

test("where a containment limit keeps agents running, a person allows more holds, and they are held", async ({
  world,
  context,
  page,
  errors,
}) => {
  const before = await world.api<{ limits: object }>("GET", "/api/v1/settings");
  const spenders = ["spender-1", "spender-2"].map((id) => world.fleet.agent(id, "Data"));
  await world.fleet.register(spenders);
  await world.fleet.history(spenders);
  let going = true;
  const reporting = (async () => {
    while (going) {
      await world.fleet.step(spenders);
      await page.waitForTimeout(REPORT_EVERY_MS);
    }
  })();
  const stateOf = async (id: string) =>
    (await world.api<{ agent: { state: string } }>("GET", `/api/v1/agents/${id}`)).agent.state;
  await expect.poll(async () => Promise.all(spenders.map(({ id }) => stateOf(id)))).toEqual(["healthy", "healthy"]);

  await world.api("PATCH", "/api/v1/settings", { limits: { fleet_share: 0 } });
  for (const spender of spenders) spender.tokens = 40;

  await world.signIn(context, "operator");
  await page.goto("/incidents");
  await live(page);
  await page.locator("[data-line]", { hasText: "limit" }).click();
  await expect(page.getByText("2 agents keep running: the limit on automatic quarantines is reached")).toBeVisible();
  await expectAccessibleInBoth(page);
  await page.setViewportSize(PHONE.viewport);
  await expectNoSidewaysScroll(page);
  await page.getByRole("button", { name: "Allow more quarantines" }).click();
  const dialog = page.getByRole("alertdialog");
  await expect(dialog).toHaveCSS("opacity", "1");
  await expectAccessibleInBoth(page);
  await dialog.getByLabel("Comment").fill("Both burn money");
  await dialog.getByRole("button", { name: "Allow more quarantines" }).click();
  // In the timeline; once the incident is closed, its post-mortem says so too.
  const allowed = "operator allowed 2 quarantines beyond the limit: Both burn money";
  await expect(page.getByText(allowed, { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "Allow more quarantines" })).toHaveCount(0);
  await expect
    .poll(async () => Promise.all(spenders.map(({ id }) => stateOf(id))))
    .toEqual(["quarantined", "quarantined"]);
  expect(errors).toEqual([]);

  going = false;
  await reporting;
  await world.api("PATCH", "/api/v1/settings", { limits: before.limits });
});
