import { live } from "./page";
import { expect, test } from "./world";

test("the global stop shows on every screen while it is on", async ({ world, context, page }) => {
  await world.signIn(context, "admin");
  const banner = page.getByText("Global stop is on.");
  const ways: [path: string, stop: () => Promise<void>][] = [
    ["/settings?tab=limits", () => page.getByRole("button", { name: "Stop automatic actions" }).click()],
    ["/agents", () => page.getByRole("button", { name: "Stop all automatic actions" }).click()],
    [
      "/incidents",
      async () => {
        await live(page);
        await page.keyboard.press("Control+k");
        await page.getByPlaceholder(/Search agents, services/).fill("global stop");
        await page.getByRole("option", { name: "Stop all automatic actions…" }).click();
      },
    ],
  ];
  for (const [path, stop] of ways) {
    await page.goto(path);
    await stop();
    await page.getByRole("alertdialog").getByRole("button", { name: "Stop" }).click();
    await expect(banner).toBeVisible();
    await page.goto("/services");
    await expect(banner).toBeVisible();
    await expect(page.getByRole("button", { name: "Stop all automatic actions" })).toHaveCount(0);
    await page.getByRole("button", { name: "Resume automatic actions" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Resume" }).click();
    await expect(banner).toHaveCount(0);
  }
});

test("the palette acts: on agents, on what waits for a decision; each asks first, and a viewer is offered none", async ({
  world,
  context,
  page,
  errors,
}) => {
  const search = page.getByPlaceholder(/Search agents, services/);
  const open = async (text: string) => {
    await page.keyboard.press("Control+k");
    await search.fill(text);
  };
  await world.signIn(context, "operator");
  await page.goto("/");
  await live(page);
  await open("quar data-2");
  await expect(page.getByRole("option", { name: /^Quarantine .*data-2…$/ })).toHaveCount(1);
  await page.keyboard.press("Enter");
  const asked = page.getByRole("alertdialog", { name: "Quarantine this agent?" });
  await expect(asked.getByText("data-2", { exact: true })).toBeVisible();
  await asked.getByRole("button", { name: "Cancel" }).click();
  await expect(asked).toHaveCount(0);
  await open("data-2");
  await expect(page.getByRole("option", { name: "Pause data-2…" })).toBeVisible();
  await open("approve");
  await page
    .getByRole("option", { name: /^Approve: .* on research-1…$/ })
    .first()
    .click();
  await expect(page.getByRole("dialog", { name: /^Approve: .* on research-1$/ })).toBeVisible();
  await page.keyboard.press("Escape");
  await world.signIn(context, "viewer");
  await page.reload();
  await live(page);
  await open("data-2");
  await expect(page.getByRole("option", { name: "data-2" })).toBeVisible();
  await expect(page.getByRole("group", { name: "Actions" })).toHaveCount(0);
  expect(errors).toEqual([]);
});
