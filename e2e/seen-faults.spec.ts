import { expectAccessible, live, loaded, PHONE } from "./page";
import { expect, test } from "./world";

test("addresses with values that do not exist show the page without them", async ({ world, context, page }) => {
  await world.signIn(context, "operator");
  for (const path of [
    "/agents/research-1?metric=anything&minutes=3&tab=none",
    "/incidents?severity=99&state=none&before=-1",
    "/healing?outcome=anything",
    "/agents?state=anything",
  ])
    await loaded(page, path);
  await page.goto("/agents/research-1?metric=anything");
  await expect(page.getByRole("combobox", { name: "Metric" })).not.toContainText(/anything/i);
});

test("the API refuses a metric and an outcome that do not exist, by name", async ({ world }) => {
  await expect(world.api("GET", "/api/v1/agents/research-1/series?metric=anything")).rejects.toThrow(/400.*metric/s);
  await expect(world.api("GET", "/api/v1/healing?outcome=anything")).rejects.toThrow(/400.*outcome/s);
});

test("pages of what does not exist have a heading", async ({ world, context, page }) => {
  await world.signIn(context, "operator");
  for (const [path, what] of [
    ["/agents/nobody", "agent"],
    ["/incidents/inc_nothing", "incident"],
    ["/services/nothing", "service"],
    ["/drills/nothing", "drill"],
  ] as const) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1, name: `No such ${what}` })).toBeVisible();
    await expectAccessible(page);
  }
});

test("Back after signing in leads to no form that is done with", async ({ world, context, page }) => {
  await page.goto("/setup");
  await page.goto("/sign-in");
  await world.signIn(context, "operator");
  // As the form does once the server has answered.
  await page.route("**/api/auth/sign-in/email", (route) => route.fulfill({ json: {} }));
  await page.getByLabel("Email").fill("ada@example.org");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Overview" })).toBeVisible();
  await page.goBack();
  await expect(page).toHaveURL(/\/setup$/);
});

for (const [name, use] of [
  ["a desktop", {}],
  ["a phone", PHONE],
] as const)
  test.describe(`on ${name}`, () => {
    test.use(use);
    test("a toast covers nothing that decides", async ({ world, context, page }) => {
      await world.signIn(context, "operator");
      await page.goto("/approvals");
      await live(page);
      const approve = page.getByRole("button", { name: "Approve", exact: true });
      await expect(approve.first()).toBeVisible();
      await page.route("**/decision", (route) =>
        route.fulfill({ status: 409, json: { code: "conflict", title: "Conflict", detail: "Somebody was faster." } }),
      );
      await approve.first().scrollIntoViewIfNeeded();
      await approve.first().click();
      const toast = page.getByText("Somebody was faster.").first();
      await expect(toast).toBeVisible();
      const over = (await toast.locator("xpath=ancestor::*[@role][1]").boundingBox())!;
      for (const button of await approve.all()) {
        const box = (await button.boundingBox())!;
        const apart =
          box.x >= over.x + over.width || over.x >= box.x + box.width || box.y >= over.y + over.height || over.y >= box.y + box.height; // prettier-ignore
        expect({ over, box, apart }).toMatchObject({ apart: true });
      }
    });
  });
