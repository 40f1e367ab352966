import { OwnServer } from "./http/own-server";
import { build } from "./http/server";
import { seedRuns } from "./eval-seed";
import { expectAccessibleInBoth, expectNoSidewaysScroll, JOURNEY, live, PHONE } from "./page";
import { expect, type People, peopleOf, test as base } from "./people";

interface World extends People {
  url: string;
  /** A closed incident of a service. */
  incident: string;
}

/** Cases are played behind everything else, on a machine that others use. */
const RUN_MS = 15 * 60_000;
const SETUP_MS = 15 * 60_000;
const DAY = 24 * 60 * 60_000;

/** An alert that a person dismissed: an incident that has ended. */
async function dismissedIncident({ api, url }: People & { url: string }): Promise<string> {
  const { token } = await api<{ token: string }>("POST", "/api/v1/alert-sources", { kind: "alertmanager" });
  const answer = await fetch(`${url}/api/v1/alerts/alertmanager`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({
      version: "4",
      groupKey: "g",
      status: "firing",
      receiver: "sentinel",
      groupLabels: {},
      commonLabels: {},
      commonAnnotations: {},
      externalURL: "http://alertmanager",
      alerts: [
        {
          status: "firing",
          labels: { alertname: "Slow", service: "checkout", severity: "critical" },
          annotations: { summary: "checkout is slow" },
          startsAt: new Date().toISOString(),
          endsAt: "0001-01-01T00:00:00Z",
          generatorURL: "",
          fingerprint: "f",
        },
      ],
    }),
  });
  expect(answer.ok, await answer.clone().text()).toBe(true);
  const first = () => api<{ incidents: { id: string; state: string }[] }>("GET", "/api/v1/incidents?limit=1");
  await expect.poll(async () => (await first()).incidents[0]?.state).toMatch(/escalated|awaiting_approval/);
  const { id } = (await first()).incidents[0]!;
  await api("POST", `/api/v1/incidents/${id}/dismiss`, {});
  return id;
}

const test = base.extend<object, { world: World }>({
  world: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads which fixtures are wanted from the pattern
    async ({}, use) => {
      build();
      const server = new OwnServer({ ALERT_GROUP_WAIT_MS: "0" });
      await server.start();
      const { url } = server.sentinel;
      const now = Date.now();
      await seedRuns(server.file, [
        { id: "run-1", commit: "aaaaaaa", at: now - 2 * DAY, cases: [["bad-deploy-01", "bad deploy", "dev", true], ["pool-01", "database pool", "dev", true], ["pool-02", "database pool", "second", true]] },
        { id: "run-2", judged: true, commit: "bbbbbbb", at: now - DAY, cases: [["bad-deploy-01", "bad deploy", "dev", true], ["pool-01", "database pool", "dev", false], ["pool-02", "database pool", "second", true]] },
      ]); // prettier-ignore
      const people = await peopleOf(server.env, url);
      await use({ url, ...people, incident: await dismissedIncident({ url, ...people }) });
      await server.stop();
      await server.remove();
    },
    { scope: "worker", timeout: SETUP_MS },
  ],
  baseURL: async ({ world }, use) => use(world.url),
});

test(
  "runs over cases: both sets, failures first, filters, a comparison, and down to each answer",
  { tag: JOURNEY },
  async ({ world, context, page, errors }) => {
    await world.signIn(context, "viewer");
    await page.goto("/evals");
    await live(page);
    const summary = page.getByRole("region", { name: "Summary" });
    await expect(summary.getByRole("row", { name: /Passed/ })).toContainText("50 % of 2");
    await expect(summary.getByRole("row", { name: /Passed/ })).toContainText("100 % of 1");
    await expect(page.getByRole("figure", { name: /2 runs/ })).toBeVisible();
    const table = page.getByRole("region", { name: "Cases by dimension" });
    await expect(table.getByRole("rowheader")).toHaveText([/pool-01/, /bad-deploy-01/]);
    await page.getByRole("button", { name: "Failed" }).click();
    await expect(table.getByRole("rowheader")).toHaveText([/pool-01/]);
    await page.getByRole("button", { name: "Holdout set" }).click();
    await expect(page.getByText("No case matches the filters.")).toBeVisible();
    await page.getByRole("button", { name: "Dev set" }).click();
    await page.getByRole("combobox", { name: "Compare with" }).click();
    await page.getByRole("option", { name: /aaaaaaa/ }).click();
    await expect(
      page.getByRole("region", { name: "Differences by case" }).getByRole("row", { name: /pool-01/ }),
    ).toContainText("worse");
    await expectAccessibleInBoth(page);
    await table.getByRole("link", { name: "pool-01" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("checkout is slow");
    const cause = page.getByRole("region", { name: "Expected and found" }).getByRole("row", { name: /Cause/ });
    await expect(cause).toContainText("at orders-db");
    await expect(cause).toContainText("at cart");
    await expect(page.getByText("search_logs")).toBeVisible();
    await page.getByText("Root cause", { exact: true }).click();
    const answers = page.getByRole("listitem").filter({ hasText: "Is the service at fault named first?" }).last();
    await expect(answers).toContainText("cart stands first");
    await expect(answers).toContainText("Judge: yes, the scorer disagrees");
    const differ = page.getByRole("article").filter({ hasText: "Is the service at fault named first?" });
    await expect(differ).toContainText("Scorer: no");
    await expect(differ).toContainText("cause 1: cart, resource exhaustion, 80 %");
    await expect(page.getByText("run kappa 0.62")).toBeVisible();
    await expect(page.getByText("Not counted: 1 without a citation.")).toBeVisible();
    await expectAccessibleInBoth(page);
    await page.setViewportSize(PHONE.viewport);
    await expectNoSidewaysScroll(page);
    // Where the judge broke, and where none was asked, it is said why the scorer stands alone.
    await page.goto("/evals/run-2/bad-deploy-01");
    await expect(
      page.getByText(
        "The judge gave no answer: its answer was not the JSON asked for. Only the built-in scorer was used.",
      ),
    ).toBeVisible();
    await page.goto("/evals/run-1/bad-deploy-01");
    await expect(page.getByText("This run used no judge", { exact: false })).toBeVisible();
    await expect(page.getByRole("button", { name: "Run this case again" })).toHaveCount(0);
    expect(errors).toEqual([]);
  },
);

test("an operator runs cases from the page and stops them, everybody sees how far they are, and it goes on with the rest", async ({
  world,
  context,
  browser,
  page,
  errors,
}) => {
  test.setTimeout(RUN_MS);
  await world.signIn(context, "operator");
  await page.goto("/evals");
  await live(page);
  await page.getByRole("button", { name: "Run cases" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText("No judge is configured", { exact: false })).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Run 70 cases" })).toBeVisible();
  await dialog.getByRole("combobox", { name: "Class of cases" }).click();
  await page.getByRole("option", { name: "downstream outage (2)" }).click();
  await expectAccessibleInBoth(page);
  await expect(dialog.getByRole("button", { name: "Run 2 cases" })).toBeVisible();
  // All of them: a few would be over before anybody else has looked.
  await dialog.getByRole("combobox", { name: "Class of cases" }).click();
  await page.getByRole("option", { name: "All classes" }).click();
  await dialog.getByRole("button", { name: "Run 70 cases" }).click();
  const progress = page.getByRole("status", { name: "Progress" });
  await expect(progress).toContainText("of 70 cases completed");
  const elsewhere = await browser.newContext();
  await world.signIn(elsewhere, "viewer");
  const looking = await elsewhere.newPage();
  await looking.goto(page.url());
  await live(looking);
  const seen = looking.getByRole("status", { name: "Progress" });
  await expect(seen).toBeVisible();
  await expect(seen.getByRole("button", { name: "Stop" })).toHaveCount(0);
  await expect(looking.getByRole("button", { name: "Run cases" })).toHaveCount(0);
  // Its cases appear as they end, without a reload.
  const cases = looking.getByRole("region", { name: "Cases by dimension" });
  await expect(cases.getByRole("rowheader").first()).toBeVisible({ timeout: RUN_MS });
  await progress.getByRole("button", { name: "Stop" }).click();
  await expect(page.getByText(/^The run was stopped after \d+ of 70 cases/)).toBeVisible();
  await expect(looking.getByText("by operator", { exact: false }).first()).toBeVisible();
  await expectAccessibleInBoth(page);
  await page.setViewportSize(PHONE.viewport);
  await expectNoSidewaysScroll(page);
  await expect(seen).toHaveCount(0);
  const played = await cases.getByRole("rowheader").count();
  await page.getByRole("button", { name: "Run the rest" }).click();
  await expect.poll(() => cases.getByRole("rowheader").count(), { timeout: RUN_MS }).toBeGreaterThan(played);
  await progress.getByRole("button", { name: "Stop" }).click();
  await expect(seen).toHaveCount(0);
  await cases.getByRole("link").first().click();
  await expect(looking.getByRole("region", { name: "Expected and found" })).toBeVisible();
  await elsewhere.close();
  expect(errors).toEqual([]);
});

test("an incident is scored when it closes, a verdict changes its scores, and the list shows both", async ({
  world,
  context,
  page,
  errors,
}) => {
  await world.signIn(context, "operator");
  await page.goto(`/incidents/${world.incident}`);
  await live(page);
  const panel = page.locator("#scores");
  await expect(panel.getByText("no verdict yet")).toBeVisible();
  await expect(panel.getByRole("meter")).toHaveCount(6);
  const verdict = panel.getByRole("group", { name: "Was the cause right?" });
  await verdict.getByRole("button", { name: "No" }).click();
  await expect(panel.getByText("last by operator", { exact: false })).toBeVisible();
  await panel.getByText("Root cause", { exact: true }).click();
  await expect(panel.getByText("a person said that it was not")).toBeVisible();
  await expectAccessibleInBoth(page);
  await verdict.getByRole("button", { name: "Yes" }).click();
  await expect(panel.getByText("a person said so")).toBeVisible();
  await page.goto("/evals?tab=incidents");
  await live(page);
  await expect(page.getByRole("region", { name: "Scored incidents" }).getByText("cause right")).toBeVisible();
  await expectAccessibleInBoth(page);
  await page.setViewportSize(PHONE.viewport);
  await expectNoSidewaysScroll(page);
  expect(errors).toEqual([]);
});

test("measured tables show what was missed and what is missing", { tag: JOURNEY }, async ({ world, context, page, errors }) => {
  await world.signIn(context, "viewer");
  await page.goto("/evals?tab=measured");
  await live(page);
  await expect(page.getByText(/tables? (is|are) missing/)).toBeVisible();
  // Each table says how many of its targets were missed.
  await expect(page.getByText(/^(none|\d+) missed$/).first()).toBeVisible();
  await expectAccessibleInBoth(page);
  await page.setViewportSize(PHONE.viewport);
  await expectNoSidewaysScroll(page);
  expect(errors).toEqual([]);
}); // prettier-ignore
