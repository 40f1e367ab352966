import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expectAccessible, expectAccessibleInBoth, expectNoSidewaysScroll, JOURNEY, live, PHONE } from "./page";
import { expect, test } from "./incident-world";

test.describe("on a phone, at first sight", () => {
  test.use(PHONE);
  test("everything that has to be known stands above the fold, and above what waits", async ({
    world,
    context,
    page,
    errors,
  }) => {
    await world.signIn(context, "operator");
    await page.goto(`/incidents/${world.incident.id}`);
    await live(page);
    const glance = page.locator("[data-first-look]");
    await expect(glance.getByText("Most likely", { exact: true })).toBeVisible();
    const fold = (await page.getByRole("complementary", { name: "Waiting for a decision" }).boundingBox())!.y;
    for (const label of [
      "Now",
      "Since",
      "Fired",
      "Changes",
      "Most likely",
      "Alternative",
      "How to tell them apart",
      "Not checked",
      "Safest next step",
    ]) {
      const row = glance.locator("dl > div").filter({ has: page.locator("dt", { hasText: new RegExp(`^${label}$`) }) });
      await expect(row, label).toHaveCount(1);
      const box = (await row.boundingBox())!;
      expect(box.y + box.height, label).toBeLessThanOrEqual(fold);
    }
    expect(await page.evaluate(() => scrollY)).toBe(0);
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    expect(errors).toEqual([]);
  });
});

test(
  "the incident's page can be read by everybody, light and dark",
  { tag: JOURNEY },
  async ({ world, context, page, errors }) => {
    await world.signIn(context, "operator");
    await page.goto(`/incidents/${world.incident.id}`);
    await live(page);
    await expect(page.locator(".skeleton")).toHaveCount(0);
    await expect(page.locator(".react-flow__node").first()).toBeVisible();
    await expectAccessibleInBoth(page);
    await page.getByRole("button", { name: "Review and approve" }).click();
    await expect(page.getByRole("dialog")).toHaveCSS("opacity", "1");
    await expectAccessibleInBoth(page);
    expect(errors).toEqual([]);
  },
);

test("citations lead to charts, lines and changes; the map has the way to what is suspected", async ({
  world,
  context,
  page,
}) => {
  await world.signIn(context, "viewer");
  await page.goto(`/incidents/${world.incident.id}`);
  await live(page);
  const cites = page.locator('a[href^="#finding-"]');
  await expect(cites.first()).toBeVisible();
  for (const cite of [cites.first(), cites.last()]) {
    const target = (await cite.getAttribute("href"))!;
    await cite.click();
    await expect(page.locator(target)).toBeInViewport();
  }
  const charts = page.locator("figure .recharts-surface");
  await expect(charts.first()).toBeVisible();
  await expect(page.locator(".recharts-reference-area").first()).toBeAttached();
  await expect(page.locator("[data-blamed-path]")).not.toHaveText("");
  await expect(page.getByRole("button", { name: "Review and approve" })).toHaveCount(0);
});

test("the specialists' cards open on what was asked and what came back", async ({ world, context, page }) => {
  await world.signIn(context, "viewer");
  await page.goto(`/incidents/${world.incident.id}`);
  await live(page);
  await expect(page.locator('[data-work="done"]')).toHaveCount(5);
  await page.getByRole("button", { name: /^Metrics analyst/ }).click();
  const steps = page.getByRole("list", { name: "Steps" });
  await expect(steps.getByText("query_metrics").first()).toBeVisible();
  await expect(steps.getByText("Local analysis").first()).toBeVisible();
});

test("a new incident appears and is told to its end without a reload; a thumb on its first cause is kept", async ({
  world,
  context,
  page,
  errors,
}) => {
  await world.signIn(context, "operator");
  await page.goto("/incidents?kind=services");
  await live(page);
  const fired = await world.fire(world.another);
  const line = page.locator(`[data-line][href="/incidents/${fired.id}"]`);
  await expect(line).toContainText(fired.state === "escalated" ? "Escalated" : "Awaiting approval");
  await expect(line).toContainText("1 alert");
  await line.click();
  await page.getByRole("button", { name: "The cause is correct", exact: true }).click();
  await expect(page.getByText("operator says it is correct")).toBeVisible();
  await page.reload();
  await expect(page.getByText("operator says it is correct")).toBeVisible();
  expect(errors).toEqual([]);
});

test("an approval shows what would run, item by item; what was approved is run and its page says so", async ({
  world,
  context,
  page,
  errors,
}) => {
  await world.signIn(context, "operator");
  await page.goto(`/incidents/${world.incident.id}`);
  await live(page);
  await page.getByRole("button", { name: "Review and approve" }).click();
  const dialog = page.getByRole("dialog");
  const argv = dialog.getByRole("list", { name: "What would run" }).getByRole("listitem");
  await expect(argv).toHaveCount(5);
  await expect(argv.nth(3)).toHaveText("asked by a person");
  await expect(dialog.getByRole("list", { name: "Dry run" })).toBeVisible();
  for (const label of ["Target", "Undo", "Blast radius", "Alternatives considered"])
    await expect(dialog.getByText(label, { exact: true })).toBeVisible();
  await dialog.getByRole("button", { name: "Approve" }).click();
  await expect(page.getByRole("complementary", { name: "Waiting for a decision" })).toHaveCount(0);
  await expect(page.getByText(/carried out by operator/)).toBeVisible();
  expect(errors).toEqual([]);
});

test("a closed incident has its post-mortem, and text from outside is text on every part of the page", async ({
  world,
  context,
  page,
  errors,
}) => {
  const hostile = `<img src=x onerror="document.title='owned'"> [click](javascript:alert(1)) **bold**`;
  const { token } = await world.api<{ token: string }>("POST", "/api/v1/alert-sources", { kind: "generic" });
  await world.api(
    "POST",
    "/api/v1/alerts/generic",
    { name: hostile, service: "lonely", severity: "critical", summary: hostile },
    token,
  );
  const { incidents } = await world.api<{ incidents: { id: string }[] }>("GET", "/api/v1/incidents?service=lonely");
  const { id } = incidents[0]!;
  await world.until(id, "escalated", "awaiting_approval");
  await world.signIn(context, "operator");
  await page.goto(`/incidents/${id}`);
  await live(page);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("<img src=x");
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Dismiss" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Dismiss" }).click();
  const post = page.locator("section", { has: page.getByRole("heading", { name: "Post-mortem" }) });
  await expect(post).toContainText("<img src=x");
  await expect(post.locator("img, a, strong")).toHaveCount(0);
  await expect(page).not.toHaveTitle("owned");
  await expectAccessible(page);
  expect(errors).toEqual([]);
});

test("the list's filters live in the URL; j, k and enter move through it", async ({ world, context, page }) => {
  await world.signIn(context, "viewer");
  await page.goto("/incidents");
  await live(page);
  await page.getByRole("combobox", { name: "Kind" }).click();
  await page.getByRole("option", { name: "Agents", exact: true }).click();
  await expect(page).toHaveURL(/kind=agents/);
  await expect(page.getByText("No matching incidents")).toBeVisible();
  await page.goto("/incidents?kind=services&severity=7");
  await live(page);
  const lines = page.locator("[data-line]");
  await page.keyboard.press("j");
  await expect(lines.nth(0)).toBeFocused();
  await page.keyboard.press("j");
  await expect(lines.nth(1)).toBeFocused();
  await page.keyboard.press("k");
  await expect(lines.nth(0)).toBeFocused();
  const href = (await lines.nth(0).getAttribute("href"))!;
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`${href}$`));
});

test("the evidence can be taken away as a file, and the words be copied", async ({ world, context, page }) => {
  await world.signIn(context, "viewer");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`/incidents/${world.incident.id}`);
  await live(page);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export bundle" }).click();
  const bundle = JSON.parse(readFileSync((await (await download).path())!, "utf8")) as { target: { node: string } };
  expect(world.incident.title).toContain(bundle.target.node);
  await page.getByRole("button", { name: "Copy Slack text" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("*Impact*");
});

test("an operator freezes it as a case; a viewer is not offered to", async ({ world, context, page }) => {
  await world.signIn(context, "viewer");
  await page.goto(`/incidents/${world.incident.id}`);
  await live(page);
  await expect(page.getByRole("link", { name: "Export bundle" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Export as test case" })).toHaveCount(0);
  await world.signIn(context, "operator");
  await page.goto(`/incidents/${world.incident.id}`);
  await live(page);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export as test case" }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe(`${world.incident.id}.case.json`);
  expect(JSON.parse(readFileSync((await file.path())!, "utf8"))).toMatchObject({
    kind: "service",
    answer: { why: null },
  });
});

test("no screen that was built says that something was mended, or why it happened", () => {
  const scripts = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory()
        ? scripts(join(folder, entry.name))
        : /\.(js|html)$/.test(entry.name)
          ? [join(folder, entry.name)]
          : [],
    );
  const files = scripts(".next/static");
  expect(files.length).toBeGreaterThan(10);
  // Words in quotation marks as people read them, not names in code (`position: "fixed"`) nor libraries' warnings.
  const said = /["'`>][^"'`<>]*\b(?:caused by|has been fixed|was fixed|is fixed|fixed by|fixed it)\b[^"'`<>]*["'`<]/gi;
  const found = files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(said)].map(([text]) => `${file}: ${text}`),
  );
  expect(found).toEqual([]);
});
