import { expect, test } from "./incident-world";
import { expectAccessibleInBoth, expectNoSidewaysScroll, live, PHONE } from "./page";

test("an incident is taken, snoozed and noted; the list shows what is mine", async ({
  world,
  context,
  page,
  errors,
}) => {
  const { token } = await world.api<{ token: string }>("POST", "/api/v1/alert-sources", { kind: "generic" });
  const alert = { name: "Queue is long", service: "taken", severity: "critical" };
  await world.api("POST", "/api/v1/alerts/generic", alert, token);
  const { incidents } = await world.api<{ incidents: { id: string }[] }>("GET", "/api/v1/incidents?service=taken");
  const { id } = incidents[0]!;
  await world.until(id, "escalated", "awaiting_approval");
  await world.signIn(context, "operator");
  await page.goto(`/incidents/${id}`);
  await live(page);
  const more = page.getByRole("button", { name: "More actions" });

  await more.click();
  await page.getByRole("menuitem", { name: "Assign to me" }).click();
  await expect(page.getByText("assigned to operator", { exact: true })).toBeVisible();
  await more.click();
  await expect(page.getByRole("menuitem", { name: "Assign to me" })).toHaveCount(0);
  await page.getByRole("menuitem", { name: "Snooze pages…" }).click();
  const dialog = page.getByRole("dialog", { name: "Snooze its pages" });
  await expect(dialog).toBeVisible();
  await expectAccessibleInBoth(page);
  await dialog.getByRole("combobox", { name: "For" }).click();
  await page.getByRole("option", { name: "4 h", exact: true }).click();
  await dialog.getByRole("button", { name: "Snooze" }).click();
  await expect(page.getByText(/^snoozed until /)).toBeVisible();
  await more.click();
  await page.getByRole("menuitem", { name: "End snooze" }).click();
  await expect(page.getByText(/^snoozed until /)).toHaveCount(0);

  await page.getByRole("button", { name: "Add a note" }).click();
  const note = page.getByRole("alertdialog", { name: "Add a note" });
  await expect(note.getByRole("button", { name: "Add note" })).toBeDisabled();
  await note.getByRole("textbox", { name: "Note" }).fill("The consumer was restarted at noon");
  await note.getByRole("button", { name: "Add note" }).click();
  await expect(page.getByText("operator: The consumer was restarted at noon")).toBeVisible();
  await expectAccessibleInBoth(page);

  await page.goto("/incidents");
  await live(page);
  await page.getByRole("combobox", { name: "Assignee" }).click();
  await page.getByRole("option", { name: "Assigned to me" }).click();
  await expect(page).toHaveURL(/assignee=me/);
  await expect(page.locator("[data-line]")).toHaveCount(1);
  await expect(page.locator("[data-line]")).toContainText("assigned to operator");
  await page.reload();
  await expect(page.locator("[data-line]")).toHaveCount(1);

  await page.goto(`/incidents/${id}`);
  await live(page);
  await more.click();
  await page.getByRole("menuitem", { name: "Assign…" }).click();
  const assign = page.getByRole("dialog", { name: "Assign this incident" });
  await assign.getByRole("combobox", { name: "Person" }).click();
  // Viewers may not act, so none can be given an incident.
  await expect(page.getByRole("option", { name: "viewer", exact: true })).toHaveCount(0);
  await page.getByRole("option", { name: "Nobody" }).click();
  await assign.getByRole("button", { name: "Assign" }).click();
  await expect(page.getByText("assigned to operator", { exact: true })).toHaveCount(0);
  expect(errors).toEqual([]);
});

test.describe("on a phone", () => {
  test.use(PHONE);
  test("a viewer reads whose an incident is, and changes nothing", async ({ world, context, page }) => {
    await world.signIn(context, "viewer");
    await page.goto(`/incidents/${world.incident.id}`);
    await live(page);
    await expect(page.getByRole("heading", { name: "Timeline" })).toBeVisible();
    await expect(page.getByRole("button", { name: "More actions" })).toHaveCount(0);
    await expect(page.getByRole("button", { name: "Add a note" })).toHaveCount(0);
    await expectNoSidewaysScroll(page);
  });
});
