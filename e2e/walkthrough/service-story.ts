import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Page } from "@playwright/test";
import { targetVersion } from "../demo/demo";
import { expect } from "../people";
import { decide, expectCitation, pendingOf } from "./agent-story";
import { inject, panel, type Stage } from "./stage";
import type { Story, World } from "./world";

const SERVICE = "target";
/** Its answers a second, and those of them that say that it failed: as the demo's alert has it. */
const ANSWERS = `sum(rate(http_requests_total{service="${SERVICE}"}[16s]))`;
const FAILURES = `sum(rate(http_requests_total{service="${SERVICE}",status=~"5.."}[16s]))`;
const LIMIT = 0.05;
const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** The share of its answers that fail now. No answers at all say nothing; a process that never failed has no count of failures. */
async function failingShare(world: World): Promise<number> {
  const answers = await world.until("answers that are measured", async () => world.measured(ANSWERS));
  return ((await world.measured(FAILURES)) ?? 0) / answers;
}

const BAD_RELEASE = "Service: bad release";
const openFaults = (page: Page) => page.getByRole("button", { name: "Inject a fault" }).click();

export async function aServiceBreaks({ page, story, world, demo, open }: Stage): Promise<string> {
  story.chapter("5  A service breaks");
  await open("/");
  const before = await targetVersion(demo);
  await inject(page, BAD_RELEASE);
  await story.tell(async () => {
    expect(await targetVersion(demo)).not.toBe(before);
    return {
      says: "A release of the service goes out that fails for some customers.",
      shows: (on) =>
        on
          .getByRole("dialog", { name: "Inject a fault" })
          .getByRole("listitem")
          .filter({ has: on.getByRole("button", { name: `End: ${BAD_RELEASE}, ${SERVICE}` }) }),
      reads: "A release is deployed that fails for some customers.",
    };
  }, openFaults);
  const active = async () => (await world.get<{ incidents: { id: string }[] }>("/api/v1/incidents?kind=services&state=active")).incidents; // prettier-ignore
  const first = await world.until("an incident", async () => (await active())[0]);
  await open(`/incidents/${first.id}`);
  // A slow restart may be an incident of its own, which ends by itself before the release is found to fail.
  const id = await world.until("a proposal", async () => {
    for (const one of await active()) if (pendingOf(await world.incident(one.id))) return one.id;
    return null;
  });
  if (id !== first.id) await open(`/incidents/${id}`);
  await expect(page.locator('[data-work="done"]')).toHaveCount(5);
  await story.tell(async () => {
    const { alerts } = await world.get<Story>(`/api/v1/incidents/${id}/story`);
    const [first] = alerts;
    const failing = await failingShare(world);
    expect(failing).toBeGreaterThan(LIMIT);
    const who = first!.source === "sentinel" ? "Sentinel’s own watch notices" : "An alert fires";
    return {
      says: `${who}: ${percent(failing)} of the answers fail, says ${MEASURED_BY[demo.target.monitoring]}. All that matters first, on one screen.`,
      shows: (on) => on.getByRole("region", { name: "At a glance" }),
      reads: first!.name,
    };
  });
  await story.tell(async () => {
    const { investigation } = await world.get<Story>(`/api/v1/incidents/${id}/story`);
    const { calls, tokens, ms } = investigation!.spent!;
    expect(tokens).toBe(0);
    expect(new Set(Object.values(investigation!.authors!))).toEqual(new Set(["local"]));
    return {
      says: `Five specialists have looked: ${calls} read-only calls in ${(ms / 1_000).toFixed(1)} s, without any language model.`,
      shows: (on) => panel(on, "Specialists").filter({ has: on.locator("li:nth-child(5) [data-work=done]") }),
      reads: new RegExp(`\\b${calls} calls, .*, no tokens`),
    };
  });
  await story.tell(async () => {
    const { causes } = await world.get<Story>(`/api/v1/incidents/${id}/story`);
    const [first, ...rivals] = causes.toSorted((a, b) => a.rank - b.rank);
    expect(first).toMatchObject({ node: SERVICE, kind: expect.stringMatching(/deploy_regression|failing/) });
    expect(first!.cites.length).toBeGreaterThan(0);
    expect(first!.confidence).toBeGreaterThan(rivals[0]!.confidence);
    // Nothing has to speak for `unknown`, which is what is left.
    for (const { kind, cites } of rivals) if (kind !== "unknown") expect(cites.length).toBeGreaterThan(0);
    const shown = panel(page, "Possible causes");
    await expect(shown.getByText("Alternatives")).toBeVisible();
    const named = await shown.locator("strong").first().innerText();
    return {
      says: `Most likely: ${named.charAt(0).toLowerCase()}${named.slice(1)}, ${percent(first!.confidence)}. Its rivals stand beside it, each with what speaks for it.`,
      shows: (on) => panel(on, "Possible causes"),
      reads: new RegExp(`${named}[^]*${percent(first!.confidence)}`),
    };
  });
  await story.tell(async () => {
    const { findings } = await world.incident(id);
    const kinds = new Set(findings.map(({ kind }) => kind));
    const read = Object.entries(READ).flatMap(([kind, name]) => (kinds.has(kind) ? [name] : []));
    expect(read.length).toBeGreaterThan(1);
    await expect(panel(page, "Evidence").getByText(`${findings.length} findings`)).toBeVisible();
    const links = panel(page, "Possible causes").getByRole("link", { name: /^Finding / });
    for (const link of await links.all()) await expectCitation(page, link);
    // A shift of a metric is a chart. Where it was investigated within seconds of the break, there may be none yet.
    const charted = kinds.has("metric_shift");
    return {
      says: `The evidence: ${findings.length} findings from ${read.slice(0, -1).join(", ")} and ${read.at(-1)}. Citations lead here.`,
      shows: (on) =>
        charted
          ? panel(on, "Evidence")
              .getByRole("figure")
              .filter({ has: on.locator("svg") })
              .first()
          : panel(on, "Evidence").getByRole("listitem").first(),
      reads: /\S/,
    };
  });
  await story.lookAround();
  return id;
}

export async function itIsRolledBack({ page, story, world, demo, data }: Stage, id: string): Promise<void> {
  const review = (on: Page) => on.getByRole("button", { name: "Review and approve" });
  const { action, operation } = pendingOf(await world.incident(id))!;
  await expect(page.getByRole("region", { name: "At a glance" })).toContainText(operation!.title);
  await review(page).click();
  const runs = (on: Page) =>
    on.getByRole("dialog", { name: /^Approve: / }).getByRole("list", { name: "What would run" });
  await story.tell(
    async () => {
      const allowed = JSON.parse(readFileSync(join(data, "operations.json"), "utf8")) as { operations: { name: string; argv: string[] }[] }; // prettier-ignore
      const { argv } = allowed.operations.find(({ name }) => name === action)!;
      await expect(runs(page).getByRole("listitem")).toHaveText(argv);
      return {
        says: "The safest next step is an operation that was allowed beforehand. What would run is shown word by word.",
        shows: runs,
        reads: "rollback",
      };
    },
    (phone) => review(phone).tap(),
  );
  const released = await targetVersion(demo);
  await decide(page, world, id);
  const closed = await world.until("its end", async () => {
    const seen = await world.incident(id);
    return ["resolved", "escalated", "dismissed"].includes(seen.incident.state) && seen;
  });
  await story.tell(async () => {
    expect(closed.incident.state).toBe("resolved");
    expect(closed.actions.map(({ outcome }) => outcome)).toEqual(["recovered"]);
    expect(await targetVersion(demo)).not.toBe(released);
    const failing = await failingShare(world);
    expect(failing).toBeLessThanOrEqual(LIMIT);
    return {
      says: `Recovered, as measured by ${MEASURED_BY[demo.target.monitoring]}: ${percent(failing)} of the answers fail now. The command’s own output proves nothing.`,
      shows: (on) => panel(on, "Actions").getByText("Recovered", { exact: true }).locator("xpath=ancestor::li[1]"),
      reads: "Its exit code does not prove recovery; metrics are measured",
    };
  });
  await story.tell(async () => {
    const { postmortem } = await world.get<Story>(`/api/v1/incidents/${id}/story`);
    expect(postmortem).toContain("# Post-mortem (draft)");
    for (const section of SECTIONS)
      await expect(panel(page, "Post-mortem").getByRole("heading", { name: section })).toBeVisible();
    return {
      says: "The post-mortem is drafted from the record: impact, cause, what was done, and when.",
      shows: (on) => panel(on, "Post-mortem"),
      reads: new RegExp(SECTIONS.join("[^]*")),
    };
  });
}

/** Of a post-mortem: what its caption names, in order. */
const SECTIONS = ["Impact", "Possible causes", "Actions taken", "Timeline"];

/** What findings were read from, by their kind. */
const READ = { metric_shift: "metrics", log_template: "logs", change: "changes", state: "states", alert: "alerts" };

/** Who measures the demo's service. */
export const MEASURED_BY = { prometheus: "Prometheus", "built-in": "the demo’s own metrics server" };

/** That it is measured at all, without Sentinel. */
export const isMeasured = async (world: World): Promise<boolean> => ((await world.measured(ANSWERS)) ?? 0) > 0;

export async function howWellItDid({ page, story, world, open }: Stage, id: string): Promise<void> {
  story.chapter("6  How well did it do?");
  interface Scores {
    scored: {
      mean: number | null;
      passed: boolean | null;
      scores: object;
      answers: object[];
      verdicts: { cause_right: boolean | null; remedy_right: boolean | null };
    } | null;
  }
  const scoresOf = async () => (await world.get<Scores>(`/api/v1/incidents/${id}/scores`)).scored;
  const scored = await world.until("its scores", scoresOf);
  await open(`/incidents/${id}`);
  const shows = (on: Page) => on.locator("#scores");
  await story.tell(async () => {
    const mean = await shows(page).locator("header .num").innerText();
    expect(Number(mean)).toBeCloseTo(scored.mean!, 1);
    const dimensions = Object.keys(scored.scores).length;
    return {
      says: `It is scored when it closes: ${mean} of 5, in ${dimensions} dimensions, from ${scored.answers.length} yes/no questions.`,
      shows,
      reads: mean,
    };
  });
  for (const question of ["Was the cause right?", "Was the remedy right?"]) {
    const yes = shows(page).getByRole("group", { name: question }).getByRole("button", { name: "Yes" });
    await yes.click();
    await expect(yes).toHaveAttribute("aria-pressed", "true");
  }
  await story.tell(async () => {
    const judged = await world.until("both verdicts", async () => {
      const seen = await scoresOf();
      return seen?.verdicts.cause_right === true && seen.verdicts.remedy_right === true && seen;
    });
    expect(judged.passed).toBe(true);
    return {
      says: "What only people can say completes it: the cause and the remedy were right. It passed.",
      shows,
      reads: "passed",
    };
  });
  await story.lookAround();
}

/** How long a release may take to answer, and how much faster its page's patience is made to pass. */
const RELEASED_MS = 80_000;
const FASTER = 20;

/** The server waits a minute and a half for a release to answer, on a machine that is busy; so does the page. */
export async function aReleaseTakesLong({ page, open }: Stage): Promise<void> {
  await open("/");
  await page.route("**/api/v1/demo/faults", async (route) => {
    if (route.request().method() === "POST") await wait(RELEASED_MS / FASTER);
    await route.continue();
  });
  await page.evaluate((faster) => {
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    AbortSignal.timeout = (ms) => timeout(ms / faster);
  }, FASTER);
  await inject(page, BAD_RELEASE);
}
