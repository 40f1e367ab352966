import { expectAccessibleInBoth, expectNoSidewaysScroll, JOURNEY, live, PHONE } from "./page";
import { expect, test } from "./world";

test(
  "an admin sees who did what, filters it in the URL, opens an entry, and how far the chain is verified",
  { tag: JOURNEY },
  async ({ world, context, page, errors }) => {
    await world.api("POST", "/api/v1/tokens", { name: "audited token", role: "viewer" });
    await world.signIn(context, "admin");
    await page.goto("/");
    await live(page);
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Audit log" }).first().click();
    await expect(page.getByText(/^Verified up to entry [\d,]+ at /)).toBeVisible();
    await page.getByRole("combobox", { name: "Action" }).click();
    await page.getByRole("option", { name: "Token" }).click();
    await expect(page).toHaveURL(/action=token/);
    const row = page.getByRole("row", { name: /token\.create/ }).filter({ hasText: "audited token" });
    await expect(row).toBeVisible();
    await expect(page.getByRole("row", { name: /user\.sign_in/ })).toHaveCount(0);
    await expectAccessibleInBoth(page);
    await row.getByRole("button", { name: /details/ }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog).toContainText("audited token");
    await expect(dialog.getByText(/^[0-9a-f]{64}$/)).toHaveCount(2);
    await expectAccessibleInBoth(page);
    await page.keyboard.press("Escape");
    await page.setViewportSize(PHONE.viewport);
    await expectNoSidewaysScroll(page);
    expect(errors).toEqual([]);
  },
);

test("whoever is no admin is told so, and is not led there", async ({ world, context, page }) => {
  await world.signIn(context, "operator");
  await page.goto("/audit");
  await expect(page.getByText("Requires the admin role")).toBeVisible();
  await expect(page.getByRole("link", { name: "Audit log" })).toHaveCount(0);
});
