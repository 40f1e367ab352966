import type { Page } from "@playwright/test";
import {
  expectAccessible,
  expectAccessibleInBoth,
  expectSoundOnPhone,
  expectSoundScreen,
  JOURNEY,
  live,
  PHONE,
} from "./page";
import { expect, HOSTILE, test } from "./world";

const agentPath = (id: string) => `/agents/${encodeURIComponent(id)}`;

const SCREENS: Record<string, string> = {
  overview: "/",
  agents: "/agents",
  "an agent": agentPath("research-1"),
  "a hostile name": agentPath(HOSTILE),
  approvals: "/approvals",
  incidents: "/incidents",
  spend: "/spend?by=agent",
  "healing log": "/healing",
  "learned patterns": "/memory",
  evaluations: "/evals",
  "settings, types": "/settings",
  "settings, detection": "/settings?tab=detection",
  "settings, limits": "/settings?tab=limits",
  "settings, notifications": "/settings?tab=notifications",
  "settings, keys": "/settings?tab=keys",
  "settings, tokens": "/settings?tab=tokens",
  "settings, people": "/settings?tab=users",
};

test.describe("each screen, light and dark", { tag: JOURNEY }, () => {
  for (const [name, path] of Object.entries(SCREENS))
    test(name, async ({ world, context, page, errors }) => {
      await world.signIn(context, "admin");
      await expectSoundScreen(page, path);
      expect(errors).toEqual([]);
    });
  for (const path of ["/sign-in", "/setup", "/sign-in#token=nonsense"])
    test(path, async ({ page }) => {
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await expect(page.locator(".skeleton")).toHaveCount(0);
      await expectAccessibleInBoth(page);
    });
});

test.describe("on a phone", () => {
  test.use(PHONE);
  for (const [name, path] of Object.entries(SCREENS))
    test(name, async ({ world, context, page, errors }) => {
      await world.signIn(context, "admin");
      await expectSoundOnPhone(page, path);
      expect(errors).toEqual([]);
    });
});

test(
  "an incident's page: its citations lead to the findings",
  { tag: JOURNEY },
  async ({ world, context, page, errors }) => {
    await world.signIn(context, "operator");
    await page.goto("/incidents");
    await page
      .getByRole("link", { name: /research-1/ })
      .first()
      .click();
    await expect(page.getByRole("heading", { name: "Timeline" })).toBeVisible();
    await live(page);
    await expectAccessible(page);
    const cite = page.locator('a[href^="#finding-"]').first();
    const target = await cite.getAttribute("href");
    await cite.click();
    await expect(page.locator(target!)).toBeInViewport();
    expect(errors).toEqual([]);
  },
);

test("names are text, never markup", async ({ world, context, page }) => {
  await world.signIn(context, "viewer");
  await page.goto("/agents");
  await expect(page.getByRole("link", { name: HOSTILE, exact: true })).toBeVisible();
  await page.getByRole("link", { name: HOSTILE, exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: HOSTILE })).toBeVisible();
  await expect(page).not.toHaveTitle("owned");
});

test("a click that begins on the first paint ends on it, though the scripts start in between", async ({
  world,
  context,
  page,
}) => {
  await world.signIn(context, "viewer");
  let start = () => {};
  const scripts = new Promise<void>((resolve) => (start = resolve));
  await page.route("**/*.js", async (route) => {
    await scripts;
    await route.continue();
  });
  await page.goto("/agents", { waitUntil: "commit" });
  const agents = page.getByRole("list", { name: "Agents" });
  const link = agents.getByRole("listitem").first().getByRole("link").first();
  const href = await link.getAttribute("href");
  await link.hover();
  await page.mouse.down();
  start();
  await expect(agents).toHaveCSS("position", "relative");
  await page.mouse.up();
  await expect(page).toHaveURL((url) => url.pathname === href);
});

test("people who are not signed in are asked to", { tag: JOURNEY }, async ({ page }) => {
  await page.goto("/agents");
  await expect(page).toHaveURL(/\/sign-in$/);
});

test("viewers see and do not decide", async ({ world, context, page }) => {
  await world.signIn(context, "viewer");
  await page.goto("/approvals");
  await expect(page.getByRole("article").first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Approve" })).toHaveCount(0);
  await page.goto(agentPath("research-1"));
  await expect(page.getByRole("button", { name: "Quarantine" })).toHaveCount(0);
});

test("a new agent and a hold by hand appear without a reload, in a second tab too, over one stream", async ({
  world,
  context,
  page,
  errors,
}) => {
  await world.signIn(context, "operator");
  let streams = 0;
  context.on("request", (request) => (streams += request.url().includes("/events/stream") ? 1 : 0));
  await page.goto("/agents");
  await live(page);
  const second = await context.newPage();
  await second.goto(`${world.url}/agents?q=fresh`);
  await live(second);
  expect(streams).toBe(1);

  const fresh = world.fleet.agent("fresh-1", "Data");
  await world.fleet.register([fresh]);
  await world.fleet.step([fresh]);
  await expect(page.getByRole("link", { name: "fresh-1", exact: true })).toBeVisible();
  await expect(second.getByRole("link", { name: "fresh-1", exact: true })).toBeVisible();

  await page.getByRole("link", { name: "fresh-1", exact: true }).click();
  await page.getByRole("button", { name: "Quarantine" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByLabel("Reason").fill("Looks odd");
  await dialog.getByRole("button", { name: "Quarantine" }).click();
  await expect(page.getByText("Quarantined", { exact: true })).toBeVisible();
  await expect(second.getByText("Quarantined", { exact: true })).toBeVisible();
  await world.fleet.step([fresh]);
  await world.fleet.step([fresh]);
  await expect(page.getByText("enforced by 1 of 1 instance").first()).toBeVisible();

  // The tab that holds the stream goes; the other takes over from where it was.
  await page.close();
  await expect.poll(() => streams).toBe(2);
  await live(second);
  await world.api("POST", "/api/v1/agents/fresh-1/release", {});
  await expect(second.getByText("Quarantined", { exact: true })).toHaveCount(0);
  expect(errors).toEqual([]);
});

test("a decision from the card sends what was seen; the rest of the list is decided as previewed", async ({
  world,
  context,
  page,
  errors,
}) => {
  await world.signIn(context, "operator");
  await page.goto("/agents?q=research-1");
  await live(page);
  await page.getByRole("button", { name: /^Reject .* on research-1$/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.locator("summary").filter({ hasText: "Evidence" }).click();
  await dialog.getByLabel("Comment").fill("Not yet");
  const sent = page.waitForRequest((request) => request.method() === "POST" && request.url().includes("/decision"));
  await dialog.getByRole("button", { name: "Reject" }).click();
  expect((await sent).postDataJSON()).toMatchObject({ decision: "reject", comment: "Not yet", evidence_opened: true });
  await expect(page.getByRole("button", { name: "Heal research-1 now" })).toBeVisible();

  await page.goto("/approvals?tab=rejected");
  await expect(page.getByText("Not yet")).toBeVisible();
  const shown = await page.getByRole("article").getAttribute("id");
  await page.getByRole("button", { name: "Heal now" }).click();
  const preview = page.getByRole("dialog");
  await expect(preview.getByRole("list", { name: "Selected actions" }).getByRole("listitem")).toHaveCount(1);
  const bulk = page.waitForRequest((request) => request.url().endsWith("/approvals/bulk"));
  await preview.getByRole("button", { name: "Heal these 1" }).click();
  const body = (await bulk).postDataJSON() as { decision: string; items: { id: string; digest: string }[] };
  expect(body).toMatchObject({
    decision: "heal",
    items: [{ id: shown, digest: expect.stringMatching(/^[0-9a-f]{16,}$/) as unknown }],
  });
  await expect(preview.getByText("1 of 1 recorded")).toBeVisible();
  expect(errors).toEqual([]);
});

test("the keys: g and a letter, the palette, the arrows", async ({ world, context, page }) => {
  await world.signIn(context, "viewer");
  await page.goto("/");
  await live(page);
  await page.keyboard.press("g");
  await page.keyboard.press("i");
  await expect(page).toHaveURL(/\/incidents$/);
  await page.keyboard.press("Control+k");
  await page.getByPlaceholder(/Search agents, services/).fill("data-2");
  await page
    .getByRole("group", { name: "Agents" })
    .getByRole("option", { name: /data-2/ })
    .click();
  await expect(page.getByRole("heading", { level: 1, name: "data-2" })).toBeVisible();
  await page.goto("/agents");
  await live(page);
  await page.locator('[data-card="0"]').focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.locator('[data-card="1"]')).toBeFocused();
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox")).toBeFocused();
});

test.describe("what opens over a screen, light and dark", () => {
  const OPENINGS: Record<
    string,
    [path: string, open: (page: Page) => Promise<void>, role: "dialog" | "alertdialog" | "menu" | "listbox"]
  > = {
    palette: ["/", (page) => page.keyboard.press("Control+k"), "dialog"],
    keys: ["/", (page) => page.keyboard.press("?"), "dialog"],
    "account menu": ["/", (page) => page.getByRole("button", { name: "Account and theme" }).click(), "menu"],
    "a hold": [agentPath("data-1"), (page) => page.getByRole("button", { name: "Quarantine" }).click(), "alertdialog"],
    "a choice": ["/agents", (page) => page.getByRole("combobox", { name: "State" }).click(), "listbox"],
    "a new key": ["/settings?tab=keys", (page) => page.getByRole("button", { name: "New key" }).click(), "dialog"],
    "a new token": [
      "/settings?tab=tokens",
      (page) => page.getByRole("button", { name: "New token" }).click(),
      "dialog",
    ],
    "an invitation": ["/settings?tab=users", (page) => page.getByRole("button", { name: "Invite" }).click(), "dialog"],
    "a decision": [agentPath("research-2"), (page) => page.getByRole("button", { name: "Approve" }).click(), "dialog"],
  };
  for (const [name, [path, open, role]] of Object.entries(OPENINGS))
    test(name, async ({ world, context, page, errors }) => {
      await world.signIn(context, "admin");
      await page.goto(path);
      await live(page);
      await open(page);
      const opened = page.getByRole(role);
      await expect(opened).toBeVisible();
      await expect(opened).toHaveCSS("opacity", "1");
      // A menu floats outside of the landmarks by its nature; it says itself what opened it.
      await expectAccessibleInBoth(page, ["region"]);
      await page.keyboard.press("Escape");
      await expect(opened).toHaveCount(0);
      expect(errors).toEqual([]);
    });
});

test("a key is shown once", async ({ world, context, page, errors }) => {
  await world.signIn(context, "admin");
  await page.goto("/settings?tab=keys");
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByLabel("Name", { exact: true }).fill("a key from the screen");
  await page.getByRole("button", { name: "Create" }).click();
  const secret = (await page.getByLabel("The key").textContent())!;
  expect(secret.length).toBeGreaterThan(20);
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("cell", { name: "a key from the screen", exact: true })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("cell", { name: "a key from the screen", exact: true })).toBeVisible();
  expect(await page.content()).not.toContain(secret);
  expect(errors).toEqual([]);
});

test("a wrong password is said beside its field, and nobody is thrown out", async ({ world, context, page }) => {
  await world.signIn(context, "viewer");
  await page.goto("/");
  await live(page);
  await page.getByRole("button", { name: "Account and theme" }).click();
  await page.getByRole("menuitem", { name: "Change password" }).click();
  await page.getByLabel("Current password").fill("not the password");
  await page.getByLabel("New password").fill("another password");
  await page.getByRole("button", { name: "Change", exact: true }).click();
  await expect(page.getByRole("dialog").getByRole("alert")).toHaveText("The current password is wrong.");
  await expect(page).toHaveURL(/\/$/);
});

test("data that may be out of date looks it", async ({ world, context, page }) => {
  await world.signIn(context, "viewer");
  await page.clock.install();
  await page.goto("/");
  await live(page);
  await context.setOffline(true);
  await page.clock.fastForward(30_000);
  await expect(page.getByRole("alert").filter({ hasText: "last update from Sentinel" })).toBeVisible();
  await expect(page.locator("[data-stale]")).toBeVisible();
  await context.setOffline(false);
  await page.clock.fastForward(30_000);
  await live(page);
  await expect(page.locator("[data-stale]")).toHaveCount(0);
});
