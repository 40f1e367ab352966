import { expect } from "../people";
import { decide, pendingOf } from "./agent-story";
import { inject, panel, type Stage } from "./stage";
import type { Story } from "./world";

const SERVICE = "target";
/** Of its answers, those that say that it failed: as the demo's alert has it. */
const FAILING = `sum(rate(http_requests_total{service="${SERVICE}",status=~"5.."}[16s])) / sum(rate(http_requests_total{service="${SERVICE}"}[16s]))`;
const LIMIT = 0.05;
const percent = (share: number): string => `${Math.round(share * 100)} %`;

export async function aServiceBreaks({ page, story, world, demo, open }: Stage): Promise<string> {
  story.chapter("5  A service breaks");
  await open("/");
  await inject(page, "Service: bad release");
  await story.tell(async () => {
    const dialog = page.getByRole("dialog", { name: "Inject a fault" });
    const shows = dialog.getByRole("listitem").filter({ has: page.getByRole("button", { name: "Inject: Service: bad release" }) }); // prettier-ignore
    await expect(shows).toContainText("A release is deployed that fails for some customers.");
    return { says: "A release of the service goes out that fails for some customers.", shows };
  });
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
    const failing = await world.measured(FAILING);
    expect(failing).toBeGreaterThan(LIMIT);
    const shows = page.getByRole("region", { name: "At a glance" });
    await expect(shows).toContainText(first!.name);
    const who = first!.source === "sentinel" ? "Sentinel’s own watch notices" : "An alert fires";
    return { says: `${who}: ${percent(failing!)} of the answers fail, says ${MEASURED_BY[demo.target.monitoring]}. All that matters first, on one screen.`, shows };
  }); // prettier-ignore
  await story.tell(async () => {
    const { investigation } = await world.get<Story>(`/api/v1/incidents/${id}/story`);
    const { calls, tokens, ms } = investigation!.spent!;
    expect(tokens).toBe(0);
    expect(new Set(Object.values(investigation!.authors!))).toEqual(new Set(["local"]));
    const shows = panel(page, "Specialists");
    await expect(shows.locator('[data-work="done"]')).toHaveCount(5);
    return { says: `Five specialists have looked: ${calls} read-only calls in ${(ms / 1_000).toFixed(1)} s, without any language model.`, shows };
  }); // prettier-ignore
  await story.tell(async () => {
    const { causes } = await world.get<Story>(`/api/v1/incidents/${id}/story`);
    const [first, second] = causes.toSorted((a, b) => a.rank - b.rank);
    expect(first).toMatchObject({ node: SERVICE, kind: expect.stringMatching(/deploy_regression|failing/) });
    expect(first!.cites.length).toBeGreaterThan(0);
    expect(first!.confidence).toBeGreaterThan(second!.confidence);
    const shows = panel(page, "Possible causes");
    await expect(shows.getByText("Alternatives")).toBeVisible();
    const named = await shows.locator("strong").first().innerText();
    return { says: `Most likely: ${named.charAt(0).toLowerCase()}${named.slice(1)}, ${percent(first!.confidence)}. Its rivals stand beside it, each with what speaks for it.`, shows };
  }); // prettier-ignore
  await story.tell(async () => {
    const { findings } = await world.incident(id);
    const evidence = panel(page, "Evidence");
    await expect(evidence.getByText(`${findings.length} findings`)).toBeVisible();
    const kinds = new Set(findings.map(({ kind }) => kind));
    const read = Object.entries(READ).flatMap(([kind, name]) => (kinds.has(kind) ? [name] : []));
    expect(read.length).toBeGreaterThan(1);
    // A shift of a metric is a chart. Where it was investigated within seconds of the break, there may be none yet.
    const shows = kinds.has("metric_shift") ? evidence.getByRole("figure").first() : evidence.getByRole("listitem").first();
    if (kinds.has("metric_shift")) await expect(shows.locator("svg").first()).toBeVisible();
    return { says: `The evidence: ${findings.length} findings from ${read.slice(0, -1).join(", ")} and ${read.at(-1)}. Citations lead here.`, shows };
  }); // prettier-ignore
  await story.lookAround();
  return id;
}

export async function itIsRolledBack({ page, story, world, demo }: Stage, id: string): Promise<void> {
  await page.getByRole("button", { name: "Review and approve" }).click();
  const dialog = page.getByRole("dialog", { name: /^Approve: / });
  await story.tell(async () => {
    const shows = dialog.getByRole("list", { name: "What would run" });
    await expect(shows).toContainText("rollback");
    return { says: "The safest next step is an operation that was allowed beforehand. What would run is shown word by word.", shows };
  }); // prettier-ignore
  await decide(page, world, id);
  const closed = await world.until("its end", async () => {
    const seen = await world.incident(id);
    return ["resolved", "escalated", "dismissed"].includes(seen.incident.state) && seen;
  });
  await story.tell(async () => {
    expect(closed.incident.state).toBe("resolved");
    expect(closed.actions.map(({ outcome }) => outcome)).toEqual(["recovered"]);
    const failing = await world.measured(FAILING);
    expect(failing ?? 0).toBeLessThanOrEqual(LIMIT);
    const shows = panel(page, "Actions").getByText("Recovered", { exact: true }).locator("xpath=ancestor::li[1]");
    return { says: `Recovered, as measured by ${MEASURED_BY[demo.target.monitoring]}: ${percent(failing ?? 0)} of the answers fail now. The command’s own output proves nothing.`, shows };
  }); // prettier-ignore
  await story.tell(async () => {
    const { postmortem } = await world.get<Story>(`/api/v1/incidents/${id}/story`);
    expect(postmortem).toContain("# Post-mortem (draft)");
    const shows = panel(page, "Post-mortem");
    await expect(shows.getByRole("heading", { level: 3 }).first()).toBeVisible();
    return { says: "The post-mortem is drafted from the record: impact, cause, what was done, and when.", shows };
  });
}

/** What findings were read from, by their kind. */
const READ = { metric_shift: "metrics", log_template: "logs", change: "changes", state: "states", alert: "alerts" };

/** Who measures the demo's service. */
export const MEASURED_BY = { prometheus: "Prometheus", "built-in": "the demo’s own metrics server" };

export async function howWellItDid({ page, story, world, open }: Stage, id: string): Promise<void> {
  story.chapter("6  How well did it do?");
  interface Scores {
    scored: { mean: number | null; passed: boolean | null; scores: object; answers: object[] } | null;
  }
  const scored = await world.until("its scores", async () => (await world.get<Scores>(`/api/v1/incidents/${id}/scores`)).scored); // prettier-ignore
  await open(`/incidents/${id}`);
  const shows = page.locator("#scores");
  await story.tell(async () => {
    const mean = await shows.locator("header .num").innerText();
    expect(Number(mean)).toBeCloseTo(scored.mean!, 1);
    const dimensions = Object.keys(scored.scores).length;
    return { says: `It is scored when it closes: ${mean} of 5, in ${dimensions} dimensions, from ${scored.answers.length} yes/no questions.`, shows };
  }); // prettier-ignore
  for (const question of ["Was the cause right?", "Was the remedy right?"]) {
    const yes = shows.getByRole("group", { name: question }).getByRole("button", { name: "Yes" });
    await yes.click();
    await expect(yes).toHaveAttribute("aria-pressed", "true");
  }
  await story.tell(async () => {
    expect((await world.get<Scores>(`/api/v1/incidents/${id}/scores`)).scored!.passed).toBe(true);
    await expect(shows.getByText("passed", { exact: true })).toBeVisible();
    return { says: "What only people can say completes it: the cause and the remedy were right. It passed.", shows };
  });
  await story.lookAround();
}
