import { expectAccessibleInBoth, expectNoSidewaysScroll, live, PHONE } from "./page";
import { expect, test } from "./world";

/** With a Cyrillic а. */
const TWIN = "dаta-3";
const SERVICE_TWIN = "inventоry";

test("a name that is easily taken for another is marked on its card and its page, and so is the other", async ({
  world,
  context,
  page,
  errors,
}) => {
  const twin = world.fleet.agent(TWIN, "Data");
  await world.fleet.register([twin]);
  await world.fleet.step([twin]);
  await world.signIn(context, "viewer");
  await page.goto("/agents?q=-3");
  await live(page);
  const card = (id: string) =>
    page.getByRole("article").filter({ has: page.getByRole("link", { name: id, exact: true }) });
  await expect(card("data-3")).toContainText(`Looks like ${TWIN}, but is a different name`);
  await expect(card(TWIN)).toContainText("Looks like data-3, but is a different name");
  await expectAccessibleInBoth(page);
  await page.getByRole("link", { name: TWIN, exact: true }).click();
  await expect(page.getByText("Looks like data-3, but is a different name")).toBeVisible();
  await expect(page.getByText("“а” (Cyrillic, U+0430) where the other has “a” (Latin, U+0061)")).toBeVisible();
  await expectAccessibleInBoth(page);
  await page.setViewportSize(PHONE.viewport);
  await expectNoSidewaysScroll(page);
  await page.getByRole("link", { name: "show the other" }).click();
  await expect(page).toHaveURL(/\/agents\/data-3$/);
  expect(errors).toEqual([]);
});

test("so is a service's", async ({ world, context, page, errors }) => {
  const { token } = await world.api<{ token: string }>("POST", "/api/v1/alert-sources", { kind: "generic" });
  await world.api("POST", "/api/v1/alerts/generic", { name: "Slow", service: SERVICE_TWIN, severity: "info" }, token);
  await world.signIn(context, "viewer");
  await page.goto("/services?q=invent");
  await live(page);
  await expect(page.getByText(`Looks like inventory, but is a different name`)).toBeVisible();
  await expectAccessibleInBoth(page);
  await page.getByRole("link", { name: SERVICE_TWIN, exact: true }).click();
  await expect(page.getByText("“о” (Cyrillic, U+043E) where the other has “o” (Latin, U+006F)")).toBeVisible();
  await page.getByRole("link", { name: "show the other" }).click();
  await expect(page).toHaveURL(/\/services\/inventory$/);
  expect(errors).toEqual([]);
});
