import { expectAccessibleInBoth, expectNoSidewaysScroll, live, PHONE } from "./page";
import { expect, test } from "./world";

test("a type's quarantine level is set under Settings, a person chooses another, and changes it while it stands", async ({
  world,
  context,
  page,
  errors,
}) => {
  await world.signIn(context, "admin");
  await page.goto("/settings?tab=types");
  await live(page);
  const panel = page.locator("section.panel", { has: page.getByRole("heading", { name: "Data", exact: true }) });
  await expect(panel.getByText("Calls in flight may finish; nothing further starts.")).toBeVisible();
  await panel.getByLabel("Quarantine level for Data").click();
  await page.getByRole("option", { name: "Kill" }).click();
  await panel.getByLabel("Minimum healthy agents").fill("1");
  await panel.getByRole("button", { name: "Save" }).click();
  await expect
    .poll(async () => (await world.api<{ types: object[] }>("GET", "/api/v1/agent-types")).types)
    .toContainEqual(expect.objectContaining({ type: "Data", level: "kill", floor: 1 }));

  await page.goto("/agents/data-3");
  await live(page);
  await page.getByRole("button", { name: "Quarantine", exact: true }).click();
  const dialog = page.getByRole("alertdialog");
  await expect(dialog.getByText("Default: the level set for its type.")).toBeVisible();
  await dialog.getByLabel("Quarantine level").click();
  await page.getByRole("option", { name: "Hold new runs" }).click();
  await expect(dialog.getByText("Runs in progress continue; new runs wait.")).toBeVisible();
  await expectAccessibleInBoth(page);
  await dialog.getByRole("button", { name: "Quarantine" }).click();
  await expect(page.getByText("quarantined (hold new runs)")).toBeVisible();

  await page.getByRole("button", { name: "Change level" }).click();
  await dialog.getByLabel("Quarantine level").click();
  await page.getByRole("option", { name: "Hand over" }).click();
  await dialog.getByLabel("Hand over to").fill("data-2");
  await page.setViewportSize(PHONE.viewport);
  await expectNoSidewaysScroll(page);
  await dialog.getByRole("button", { name: "Quarantine" }).click();
  await expect(page.getByText("quarantined (hand over)")).toBeVisible();
  await expect(page.getByText("Queued tasks go to data-2.")).toBeVisible();
  await world.api("POST", "/api/v1/agents/data-3/release", {});
  await world.api("PATCH", "/api/v1/agent-types/Data", { level: "drain", floor: 0 });
  expect(errors).toEqual([]);
});
