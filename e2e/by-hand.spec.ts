import { expectAccessibleInBoth, expectNoSidewaysScroll, live, PHONE } from "./page";
import { expect, test } from "./incident-world";

test.use({ operations: [] });

test("where no operation suits the cause, a person is told what to do, and what they did is measured", async ({
  world,
  browser,
  context,
  page,
  errors,
}) => {
  await world.signIn(context, "operator");
  await page.goto(`/incidents/${world.incident.id}`);
  await live(page);
  const told = page.getByText("No operation on the allow-list suits this cause");
  await expect(told).toBeVisible();
  await page.getByText("Let Sentinel propose it the next time").click();
  await expect(page.getByRole("region", { name: /^entry: / }).first()).toContainText('"use":');
  await expectAccessibleInBoth(page);
  await page.screenshot({ path: "reports/by-hand.png", fullPage: true });
  const phone = await browser.newContext({ ...PHONE, baseURL: world.url, storageState: await context.storageState() });
  const small = await phone.newPage();
  await small.goto(`/incidents/${world.incident.id}`);
  await live(small);
  await expect(small.getByText("No operation on the allow-list suits this cause")).toBeVisible();
  await expectNoSidewaysScroll(small);
  await small.screenshot({ path: "reports/by-hand-phone.png" });
  await phone.close();

  await page.getByRole("button", { name: "Mark done by hand" }).click();
  const dialog = page.getByRole("alertdialog");
  const draft = await dialog.getByLabel("What you did").inputValue();
  expect(draft.length).toBeGreaterThan(10);
  await dialog.getByRole("button", { name: "Record an action" }).click();
  await expect(told).toHaveCount(0);
  await world.until(world.incident.id, "verifying", "resolved", "escalated");
  expect(errors).toEqual([]);
});
