import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchDemo, type Launched } from "../demo/demo";
import { freePort } from "../http/process";
import { PHONE } from "../page";
import { expect, test } from "../people";
import { aFalseAlarm, anAgentFallsIll, DIFFERENT, ILL, itIsHealed, itWaitsForAPerson } from "./agent-story";
import { PICTURE } from "./cutting-room";
import { aServiceBreaks, howWellItDid, itIsRolledBack, MEASURED_BY } from "./service-story";
import type { Stage } from "./stage";
import { teller } from "./teller";
import { WITHIN_MS, worldOf } from "./world";

/** Events after which the fleet's baselines are warm: what the demo's own schedule waits for, in events. */
const WARM_EVENTS = 1_500;
/** Agents rest less between two tasks than in the demo that people watch, so that this is soon. */
const PACE = "2";
const FOLDER = "reports/walkthrough";

let demo: Launched;
let data: string;

test.use({ colorScheme: "dark", viewport: PICTURE });

test.beforeAll(async () => {
  test.setTimeout(3 * WITHIN_MS);
  data = mkdtempSync(join(tmpdir(), "sentinel-walkthrough-"));
  demo = await launchDemo(data, await freePort(), "--schedule", "none", "--pace", PACE);
});
test.afterAll(async () => {
  await demo?.stop();
  rmSync(data, { recursive: true, force: true });
});

test("@walkthrough the demo, told as a story", async ({ browser, context, page, errors }) => {
  test.setTimeout(5 * WITHIN_MS);
  const open = async (path: string) => void (await page.goto(new URL(path, demo.link).href));
  await open(demo.link);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Overview" })).toBeVisible();
  const phone = await (
    await browser.newContext({ ...PHONE, baseURL: new URL(demo.link).origin, storageState: await context.storageState() })
  ).newPage(); // prettier-ignore
  const world = worldOf(page, demo);
  // Below this severity it would heal by itself, and nobody would see a decision.
  await world.set("/api/v1/settings", { threshold: 0 });
  const stage: Stage = { page, world, demo, open, story: await teller(browser, page, phone, FOLDER) };

  await allIsWell(stage);
  const ofAgent = await anAgentFallsIll(stage);
  await itWaitsForAPerson(stage, ofAgent);
  await itIsHealed(stage, ofAgent);
  const ofService = await aServiceBreaks(stage);
  await itIsRolledBack(stage, ofService);
  await howWellItDid(stage, ofService);
  await aFalseAlarm(stage);

  await stage.story.end();
  console.log(await heldThough(stage));
  await phone.context().close();
  expect(errors).toEqual([]);
});

async function allIsWell({ page, story, world, open }: Stage): Promise<void> {
  story.chapter("1  All is well");
  interface Overview {
    agents: { total: number; by_state: Record<string, number> };
    events: { total: number };
    services: { by_state: Record<string, number> };
  }
  const warm = await world.until("a warm fleet and a service that is well", async () => {
    const seen = await world.get<Overview>("/api/v1/overview");
    return seen.events.total > WARM_EVENTS && seen.services.by_state["healthy"] === 1 && seen;
  });
  await story.tell(async () => {
    expect(warm.agents).toMatchObject({ total: 15, by_state: { learning: 0 } });
    const shows = page.getByRole("main").locator("dl").first();
    await expect(shows).toContainText("of 15 known");
    const { total } = warm.events;
    return { says: `Fifteen agents at work, and a service that ${MEASURED_BY[demo.target.monitoring]} measures. What is normal for each of them was learned from ${total.toLocaleString("en")} events.`, shows };
  }); // prettier-ignore
  await story.lookAround();
  await open("/");
}

/** Whom Sentinel held though nobody broke anything of theirs: told, since on a busy machine agents are slow for real. */
async function heldThough({ world }: Stage): Promise<string> {
  const { incidents } = await world.get<{ incidents: { title: string; contained_at: number | null; subjects: { id: string }[] }[] }>("/api/v1/incidents?kind=agents&limit=500"); // prettier-ignore
  const innocent = incidents.filter(
    ({ contained_at, subjects }) => contained_at !== null && !subjects.some(({ id }) => [ILL, DIFFERENT].includes(id)),
  );
  return `held though nobody broke them: ${innocent.map(({ title }) => title).join("; ") || "none"}`;
}
