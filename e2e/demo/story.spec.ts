import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Page } from "@playwright/test";
import { freePort } from "../http/process";
import { expect, test } from "../people";
import { launchDemo, type Launched } from "./demo";

/** Events after which the fleet's baselines are warm: what the demo's own schedule waits for, in events. */
const WARM_EVENTS = 1_500;
/** Agents rest less between two tasks than in the demo that people watch, so that this is soon. */
const PACE = "2";
/** Minutes, since how busy the machine is must not decide. */
const STEP_MS = 8 * 60_000;
/** What is clicked meanwhile leaves within this. */
const DECIDED_MS = 10_000;
/** How long a release may take to answer, and how much faster its page's patience is made to pass. */
const RELEASED_MS = 80_000;
const FASTER = 20;
const AGENT = "analytics-iris";

let demo: Launched;
const folder = mkdtempSync(join(tmpdir(), "sentinel-story-"));

test.beforeAll(async () => {
  test.setTimeout(3 * STEP_MS);
  demo = await launchDemo(folder, await freePort(), "--schedule", "none", "--pace", PACE);
});
test.afterEach(async ({ page }, { status, expectedStatus }) => {
  if (status !== expectedStatus) console.log(await told(page));
});
test.afterAll(async () => {
  await demo?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Overview {
  events: { total: number };
  healing: { recovered: number };
}
/** Where the link leads: the session belongs to that host. */
const at = (path: string) => new URL(path, demo.link).href;
const overview = async (page: Page) => (await (await page.request.get(at("/api/v1/overview"))).json()) as Overview;

/** What the incident tells, and what waits: why a story did not come to its end is seen in nothing else. */
async function told(page: Page): Promise<string> {
  const read = async (path: string) => (await page.request.get(at(`/api/v1${path}`))).json();
  const { incidents } = (await read("/incidents")) as { incidents: { id: string; title: string; state: string }[] };
  const lines = [`pending: ${JSON.stringify(await read("/approvals?state=pending"))}`];
  for (const { id, title, state } of incidents) {
    const { timeline } = (await read(`/incidents/${id}`)) as { timeline: { at: number; text: string }[] };
    lines.push(`${title} (${state})`, ...timeline.map((e) => `  ${new Date(e.at).toISOString()} ${e.text}`));
  }
  return lines.join("\n");
}

test("a person signs in, breaks an agent, sees it held, consents, and sees it back in band", async ({
  page,
  errors,
}) => {
  test.setTimeout(3 * STEP_MS);
  await page.goto(demo.link);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  await expect.poll(async () => (await overview(page)).events.total, { timeout: STEP_MS }).toBeGreaterThan(WARM_EVENTS);

  await page.getByRole("button", { name: "Inject a fault" }).click();
  await page.getByLabel("Agent for Poisoned memory").click();
  await page.getByRole("option", { name: AGENT }).click();
  await page.getByRole("button", { name: "Inject: Poisoned memory" }).click();
  await expect(page.getByText("Poisoned memory: injected.")).toBeVisible();

  await page.goto(at(`/agents/${AGENT}`));
  await expect(page.getByText("Quarantined").first()).toBeVisible();

  await page.goto(at(`/approvals`));
  const approve = page.getByRole("button", { name: "Approve", exact: true });
  await expect
    .poll(
      async () => {
        // As many rungs as the ladder needs: each asks for its own consent. One that is decided leaves, and the next
        // look finds the one after it.
        if (await approve.first().isVisible())
          await approve
            .first()
            .click({ timeout: DECIDED_MS })
            .catch(() => undefined);
        return (await overview(page)).healing.recovered;
      },
      { timeout: STEP_MS, intervals: [1_000] },
    )
    .toBeGreaterThanOrEqual(1);

  await page.goto(at(`/healing`));
  await expect(page.getByText("Recovered").first()).toBeVisible();
  await page.goto(at(`/agents/${AGENT}`));
  await expect(page.getByText("Healthy").first()).toBeVisible();

  // The server waits a minute and a half for a release to answer, on a machine that is busy; so does the page.
  await page.goto(at("/"));
  await page.getByRole("button", { name: "Inject a fault" }).click();
  const inject = page.getByRole("button", { name: "Inject: Service: bad release" });
  await expect(inject).toBeVisible();
  await page.route("**/api/v1/demo/faults", async (route) => {
    if (route.request().method() === "POST") await wait(RELEASED_MS / FASTER);
    await route.continue();
  });
  await page.evaluate((faster) => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    AbortSignal.timeout = (ms) => timeout(ms / faster);
  }, FASTER);
  await inject.click();
  await expect(page.getByText("Service: bad release: injected.")).toBeVisible();
  expect(errors).toEqual([]);
});
