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
        { id: "run-2", commit: "bbbbbbb", at: now - DAY, cases: [["bad-deploy-01", "bad deploy", "dev", true], ["pool-01", "database pool", "dev", false], ["pool-02", "database pool", "second", true]] },
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
    await page.getByRole("button", { name: "Second set" }).click();
    await expect(page.getByText("No case matches the filters.")).toBeVisible();
    await page.getByRole("button", { name: "Dev set" }).click();
    await page.getByRole("combobox", { name: "Compare with" }).click();
    await page.getByRole("option", { name: /aaaaaaa/ }).click();
    await expect(
      page.getByRole("region", { name: "Differences of cases" }).getByRole("row", { name: /pool-01/ }),
    ).toContainText("worse");
    await expectAccessibleInBoth(page);
    await table.getByRole("link", { name: "pool-01" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("checkout is slow");
    const cause = page.getByRole("region", { name: "Expected and found" }).getByRole("row", { name: /Cause/ });
    await expect(cause).toContainText("at orders-db");
    await expect(cause).toContainText("at cart");
    await expect(page.getByText("search_logs")).toBeVisible();
    await page.getByText("Root cause", { exact: true }).click();
    await expect(page.getByText("cart stands first")).toBeVisible();
    await expectAccessibleInBoth(page);
    await page.setViewportSize(PHONE.viewport);
    await expectNoSidewaysScroll(page);
    expect(errors).toEqual([]);
  },
);

test(
  "an incident is scored when it closes, a verdict changes its scores, and the list shows both",
  { tag: JOURNEY },
  async ({ world, context, page, errors }) => {
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
  },
);

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
