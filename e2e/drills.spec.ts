import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSentinel, stopSentinel } from "./http/process";
import { build } from "./http/server";
import { expectAccessibleInBoth, expectNoSidewaysScroll, live, PHONE } from "./page";
import { type People, peopleOf, test as base } from "./people";
import { expect } from "@playwright/test";

const SETUP_MS = 15 * 60_000;

interface DrillsWorld extends People {
  url: string;
  /** Where the real operations would leave a trace. */
  ran: string;
  folder: string;
}

/** A server in mode act, whose allow-list lets a real program run on every service for every cause. */
const test = base.extend<object, { world: DrillsWorld }>({
  world: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads which fixtures are wanted from the pattern
    async ({}, use) => {
      build();
      const folder = mkdtempSync(join(tmpdir(), "sentinel-drills-"));
      const ran = join(folder, "ran");
      const actions = join(folder, "actions.json");
      const remedies = [
        "deploy_regression", "config_regression", "dependency_failure", "resource_exhaustion", "memory_leak",
        "overload", "crash", "slow", "failing", "silent",
      ]; // prettier-ignore
      writeFileSync(
        actions,
        JSON.stringify({
          operations: ["restart", "roll-back"].map((name) => ({
            kind: "command",
            name,
            title: name,
            services: ["*"],
            remedies,
            risk: "reversible",
            blast_radius: "a file",
            argv: ["/usr/bin/touch", ran],
          })),
        }),
      );
      const env = {
        LIBSQL_URL: `file:${join(folder, "sentinel.db")}`,
        SENTINEL_ACTIONS_FILE: actions,
        ALERT_GROUP_WAIT_MS: "0",
      };
      const sentinel = await startSentinel(env);
      const people = await peopleOf(env, sentinel.url);
      await people.api("PATCH", "/api/v1/settings", { service_mode: "act" });
      await use({ url: sentinel.url, ran, folder, ...people });
      await stopSentinel(sentinel);
      rmSync(folder, { recursive: true });
    },
    { scope: "worker", timeout: SETUP_MS },
  ],
  baseURL: async ({ world }, use) => use(world.url),
});

test("a drill is fired, watched, approved and resolved by measurement; nothing real is touched, and one click deletes it", async ({
  world,
  context,
  page,
  errors,
}) => {
  await world.signIn(context, "operator");
  await page.goto("/drills");
  await live(page);
  await expect(page.getByText("No drills running")).toBeVisible();

  await page.getByRole("button", { name: "Run a drill" }).click();
  await page.getByRole("button", { name: "Run: Orders fail at the checkout" }).click();
  await expect(page).toHaveURL(/\/drills\/bad-deploy-01-/);
  const banner = page.getByRole("status", { name: "This is a drill" });
  await expect(banner).toBeVisible();

  await expect(page.locator('[data-work="done"]')).toHaveCount(5);
  await page.getByRole("button", { name: "Review and approve" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("list", { name: "What would run" })).toHaveText(/drill.*roll-back.*checkout/);
  await dialog.getByRole("button", { name: "Preview with a dry run" }).click();
  await expect(dialog.getByText("Would run roll-back on checkout, in the recording only")).toBeVisible();
  await expectAccessibleInBoth(page);
  await dialog.getByRole("button", { name: "Approve", exact: true }).click();

  const main = page.getByRole("main");
  await expect(main.getByText(/recovered after roll-back, in band for 10 s/).first()).toBeVisible();
  await expect(main.getByRole("heading", { name: "Post-mortem", exact: true })).toBeVisible();
  await expect(main.getByText("This is the record of a drill")).toBeVisible();
  await expect(main.getByRole("heading", { name: "Saved for similar incidents" })).toBeVisible();
  await expect(main.getByText("roll-back helped")).toBeVisible();
  await expect(main.getByText("checkout 3.8.0 fails orders with a voucher")).toBeVisible();
  await expectAccessibleInBoth(page);

  // The real world has heard of none of it.
  const real = async <T>(path: string) => world.api<T>("GET", path);
  expect(await real("/api/v1/incidents")).toMatchObject({ incidents: [] });
  expect(await real("/api/v1/services")).toMatchObject({ services: [] });
  expect(await real("/api/v1/changes")).toMatchObject({ changes: [] });
  expect(await real("/api/v1/approvals")).toMatchObject({ approvals: [] });
  expect(await real("/api/v1/overview")).toMatchObject({ incidents: { active: 0 }, approvals: { pending: 0 } });
  expect(existsSync(world.ran)).toBe(false);

  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Drills" }).click();
  const line = page.getByRole("list", { name: "Drills" }).getByRole("listitem");
  await expect(line).toContainText("Resolved");
  await expect(line).toContainText("cause found");
  await expectAccessibleInBoth(page);
  await line.getByRole("button", { name: "Delete drill: Orders fail at the checkout" }).click();
  await expect(page.getByText("No drills running")).toBeVisible();
  expect(readdirSync(join(world.folder, "drills"))).toEqual([]);
  expect(errors).toEqual([]);
});

test.describe("on a phone", () => {
  test.use(PHONE);
  test("a drill fits, and every page of it says that it is one", async ({ world, context, page }) => {
    await world.signIn(context, "viewer");
    const { drill } = await world.api<{ drill: string }>("POST", "/api/v1/scenarios/trips-slow/fire", {});
    await page.goto(`/drills/${drill}`);
    await live(page);
    await expect(page.getByRole("status", { name: "This is a drill" })).toBeVisible();
    await expect(page.locator('[data-work="done"]')).toHaveCount(5);
    await expectNoSidewaysScroll(page);
    await expect(page.getByRole("button", { name: /^Delete drill/ })).toHaveCount(0);
    await page.goto("/drills");
    await live(page);
    await expect(page.getByRole("list", { name: "Drills" }).getByRole("listitem")).toContainText("Drill");
    await expectNoSidewaysScroll(page);
    await world.api("DELETE", "/api/v1/drills");
    await page.goto(`/drills/${drill}`);
    await expect(page.getByText("No such drill")).toBeVisible();
  });
});
