import { expectAccessibleInBoth, expectNoSidewaysScroll, live, PHONE } from "./page";
import { expect, HOSTILE, test } from "./world";

const REFUSED = "Failed to load resource: the server responded with a status of 400 (Bad Request)";

test("a budget is set, used up, asked about and raised on the Spend page; a viewer only reads", async ({
  world,
  context,
  page,
  errors,
}) => {
  const agent = world.fleet.agent("team-spender", "Research");
  await world.fleet.register([agent]);
  await world.fleet.label(agent, { team: HOSTILE });
  await world.fleet.spend(agent, 4);

  await world.signIn(context, "operator");
  await page.goto("/spend");
  await live(page);
  const row = page.getByRole("row", { name: HOSTILE });
  await expect(row).toContainText("$4.00");
  await page.getByRole("button", { name: "New budget" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toHaveCSS("opacity", "1");
  await dialog.getByLabel("Name").fill("teams");
  await dialog.getByLabel("Limit, USD").fill("5");
  await dialog.getByLabel("Time zone").fill("Mars/Olympus");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("must be an IANA time zone")).toBeVisible();
  await expectAccessibleInBoth(page);
  await dialog.getByLabel("Time zone").fill("Europe/Berlin");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText("operator set a budget: $5.00 a day for each team")).toBeVisible();

  await world.fleet.spend(agent, 3);
  await expect(page.getByRole("heading", { name: "Used up" })).toBeVisible();
  await expectAccessibleInBoth(page);

  // It waits among the approvals, too, and counts as one of them.
  await page.goto("/approvals");
  await live(page);
  await expect(page.getByRole("heading", { name: "Budgets used up" })).toBeVisible();
  await expect(page.getByRole("link", { name: /^Approvals \d+ waiting$/ })).toBeVisible();
  await expect(page.getByText("No pending approvals")).toHaveCount(0);
  await expectAccessibleInBoth(page);
  await page.goto("/spend");
  await live(page);

  await page.setViewportSize(PHONE.viewport);
  await expectNoSidewaysScroll(page);
  await page.getByRole("button", { name: "Allow more" }).click();
  await expect(dialog).toHaveCSS("opacity", "1");
  await dialog.getByLabel("In addition to the limit, in USD").fill("1");
  await dialog.getByRole("button", { name: "Allow" }).click();
  await expect(dialog.getByText("must be more than $2.00")).toBeVisible();
  await dialog.getByLabel("In addition to the limit, in USD").fill("20");
  await dialog.getByRole("button", { name: "Allow" }).click();
  await expect(page.getByRole("heading", { name: "Used up" })).toHaveCount(0);
  await expect(page.getByText("operator allowed $20.00 more for today to team")).toBeVisible();
  expect(await page.title()).not.toBe("owned");

  await world.signIn(context, "viewer");
  await page.reload();
  await live(page);
  await expect(page.getByText("$5.00 a day for each team", { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "New budget" })).toHaveCount(0);
  // What the form was told, the browser tells of too: the zone and the amount that were refused.
  expect(errors).toEqual([REFUSED, REFUSED]);
  await world.api("DELETE", "/api/v1/budgets/teams");
});
