import type { Page } from "@playwright/test";
import { expect } from "../people";
import { inject, panel, type Stage } from "./stage";
import type { World } from "./world";

/** Who falls ill, and who is only different. */
export const ILL = "analytics-iris";
export const DIFFERENT = "research-bela";

/** Nothing is the matter with it, so that what is found next is what was done next. */
const well = (world: World, id: string) =>
  world.until(`${id} is well`, async () => {
    const { state, incident } = (await world.agent(id)).agent;
    return state === "healthy" && incident === null;
  });

const openFaults = (page: Page) => page.getByRole("button", { name: "Inject a fault" }).click();
const faultIn = (page: Page, title: string) =>
  page
    .getByRole("dialog", { name: "Inject a fault" })
    .getByRole("listitem")
    .filter({ has: page.getByRole("button", { name: `Inject: ${title}` }) });

export async function anAgentFallsIll({ page, story, world, open }: Stage): Promise<string> {
  story.chapter("2  An agent falls ill");
  await well(world, ILL);
  await inject(page, "Poisoned memory", ILL);
  const fault = await world.fault("poisoned_memory");
  await story.tell(async () => {
    expect(fault).toMatchObject({ target: ILL, endedAt: null });
    await expect(page.getByRole("dialog", { name: "Inject a fault" }).getByText("Sentinel is not told")).toBeVisible();
    return {
      says: `We poison the memory of ${ILL}: a false lesson makes it repeat its lookups. Sentinel is not told.`,
      shows: (on) => faultIn(on, "Poisoned memory").filter({ has: on.getByText(`${ILL}, `) }),
      reads: "A false lesson in the agent's memory makes it repeat its lookups.",
    };
  }, openFaults);

  await open(`/agents/${ILL}`);
  const held = await world.until("the hold is enforced", async () => {
    const { agent, history } = await world.agent(ILL);
    const { state, containment, incident } = agent;
    const event = history.find(({ type, at }) => type === "agent.quarantined" && at >= fault.startedAt);
    return state === "quarantined" && containment.state === "enforced" && event && { at: event.at, containment, incident: incident!.id }; // prettier-ignore
  });
  await story.tell(async () => {
    const { live, enforced, text } = held.containment;
    expect(live).toBeGreaterThan(0);
    expect(enforced).toBe(live);
    await expect(page.getByRole("main").getByText("Quarantined").first()).toBeVisible();
    return {
      says: `${seconds(held.at - fault.startedAt)} later it is held. That is not assumed: each of its live instances has confirmed it.`,
      shows: (on) => panel(on, "Directive and containment"),
      reads: text,
    };
  });
  await story.tell(async () => {
    const { anomalies } = await world.agent(ILL);
    const [worst] = anomalies
      .filter(({ incident_id }) => incident_id === held.incident)
      .toSorted((a, b) => b.severity - a.severity);
    const { text } = worst!;
    return {
      says: `What gave it away: ${text}. An agent is compared with its own normal work.`,
      shows: (on) => on.getByRole("region", { name: "Anomalies" }).locator("tbody td", { hasText: text }).first(),
      reads: text,
    };
  });
  await story.lookAround();
  return held.incident;
}

/** Agents that may not work: the others are at work, or will be in a moment. */
const HELD = ["quarantined", "healing", "probation", "exhausted"];

export async function itWaitsForAPerson({ page, story, world, open }: Stage, incident: string): Promise<void> {
  story.chapter("3  It waits for a person");
  await open("/agents");
  await story.tell(async () => {
    const agents = await world.agents();
    const others = agents.filter(({ state }) => !HELD.includes(state));
    expect(others.length).toBeGreaterThan(agents.length / 2);
    const { opened_at } = (await world.incident(incident)).incident;
    for (const { id } of others)
      await world.until(`${id} works on`, async () => (await world.runsSince(id, opened_at)).length > 0);
    await expect(page.getByRole("article").first()).toContainText("Quarantined");
    return {
      says: `The other ${others.length} work on. Who needs a person comes first.`,
      shows: (on) => on.getByRole("article").filter({ has: on.getByRole("link", { name: ILL, exact: true }) }),
      reads: "Quarantined",
    };
  });
  await story.picture("screenshot.png");
  await open(`/incidents/${incident}`);
  await world.until("a proposal that asks", async () => pendingOf(await world.incident(incident)));
  await story.tell(async () => {
    const { hypotheses, findings } = await world.incident(incident);
    const first = hypotheses.toSorted((a, b) => a.rank - b.rank)[0]!;
    const known = new Set(findings.map(({ id }) => id));
    expect(first.cites.length).toBeGreaterThan(0);
    expect(first.cites.filter((id) => !known.has(id))).toEqual([]);
    const shown = panel(page, "Diagnosis");
    const named = await shown.locator("strong").first().innerText();
    const sure = `${Math.round(first.confidence * 100)} %`;
    await expect(shown.getByRole("meter").first()).toHaveAttribute("aria-valuetext", sure);
    await expect(shown.getByText("Alternatives")).toBeVisible();
    await expectCitation(page, shown.getByRole("link", { name: /^Finding / }).first());
    return {
      says: `The diagnosis: ${lower(named)}, ${sure} sure, with the evidence it cites. What else it could be stands below.`,
      shows: (on) => panel(on, "Diagnosis"),
      reads: named,
    };
  });
  const asks = (on: Page) => on.getByRole("button", { name: /^Approve: / });
  await story.tell(async () => {
    const seen = await world.incident(incident);
    expect(seen.actions).toEqual([]);
    const action = (await asks(page).innerText()).replace("Approve: ", "");
    expect(action).toBe(pendingOf(seen)!.action.replaceAll("_", " "));
    return {
      says: `Nothing has been done to it yet: “${action}” waits until somebody decides.`,
      shows: asks,
      reads: action,
    };
  });
  await story.lookAround();
  await asks(page).click();
  await story.tell(
    async () => ({
      says: "The approval covers this one action, with these arguments, once.",
      shows: (on) => on.getByRole("dialog", { name: /^Approve: / }),
      reads: "Your approval covers exactly this action with these arguments, once.",
    }),
    (phone) => asks(phone).tap(),
  );
  await decide(page, world, incident);
}

/** A citation is a link to what it cites. */
export async function expectCitation(page: Page, link: ReturnType<Page["locator"]>): Promise<void> {
  const target = await link.getAttribute("href");
  expect(target).toMatch(/^#finding-/);
  await expect(page.locator(`[id="${target!.slice(1)}"]`)).toBeVisible();
}

/** The proposal that waits for a decision. */
export const pendingOf = ({ proposals }: Awaited<ReturnType<World["incident"]>>) =>
  proposals.find(({ approval }) => approval?.state === "pending");

/** Says yes in the dialog that is open, which is told by its name: a toast is a dialog too. */
export async function decide(page: Page, world: World, incident: string): Promise<void> {
  const asked = pendingOf(await world.incident(incident))!;
  const dialog = page.getByRole("dialog", { name: /^Approve: / });
  await dialog.getByRole("button", { name: "Approve", exact: true }).click();
  await isDecided(world, incident, asked.id);
  await expect(dialog).toBeHidden();
}

const isDecided = (world: World, incident: string, proposal: string) =>
  world.until("the decision is kept", async () => {
    const { proposals } = await world.incident(incident);
    return proposals.find(({ id }) => id === proposal)?.approval?.state === "approved";
  });

export async function itIsHealed({ page, story, world, open }: Stage, incident: string): Promise<void> {
  story.chapter("4  Healed, verified, released");
  // As many rungs as the ladder needs: each asks for its own consent, which is given where all that waits is listed.
  for (;;) {
    const { seen, asked } = await world.until("a rung that asks, or the end", async () => {
      const seen = await world.incident(incident);
      const asked = pendingOf(seen);
      return (asked ?? CLOSED.includes(seen.incident.state)) && { seen, asked };
    });
    if (!asked) {
      expect(seen.incident.state).toBe("resolved");
      break;
    }
    await open("/approvals");
    const card = page.getByRole("article").filter({ has: page.getByRole("link", { name: ILL, exact: true }) });
    await card.getByRole("button", { name: "Approve", exact: true }).click();
    await isDecided(world, incident, asked.id);
  }
  await open(`/incidents/${incident}`);
  const recovered = await world.until("the measured recovery", async () => {
    const { actions } = await world.incident(incident);
    return actions.every(({ outcome }) => outcome !== "pending") && actions;
  });
  const [cure, ...others] = recovered.toSorted((a, b) => Number(b.outcome === "recovered") - Number(a.outcome === "recovered")); // prettier-ignore
  await story.tell(async () => {
    expect(cure).toMatchObject({ outcome: "recovered", acknowledged_at: expect.any(Number) });
    expect(cure!.judged_at!).toBeGreaterThan(cure!.acknowledged_at!);
    for (const { outcome } of others) expect(["no_effect", "worse"]).toContain(outcome);
    const measured = cure!.verification?.evidence?.map(({ samples }) => samples) ?? [];
    expect(Math.max(...measured)).toBeGreaterThan(0);
    const tried = others.length;
    const before = tried === 0 ? "" : `${["One", "Two", "Three"][tried - 1] ?? tried} earlier ${tried === 1 ? "step" : "steps"} did not help; this one did. `; // prettier-ignore
    return {
      says: `${before}The agent ran again on probation, and its fresh calls were measured: back in its normal range.`,
      shows: (on) => panel(on, "Actions").getByText("Recovered", { exact: true }).locator("xpath=ancestor::li[1]"),
      reads: "Recovered",
    };
  });
  await story.lookAround();
  await open(`/agents/${ILL}`);
  await story.tell(async () => {
    const { directive } = await world.agent(ILL);
    expect(directive.status).toBe("run");
    await well(world, ILL);
    await world.until(`${ILL} works`, async () => (await world.runsSince(ILL, cure!.judged_at!)).length > 0);
    return { says: `${ILL} is released, and back at work.`, shows: standing, reads: "Healthy" };
  });
}

/** Of these no further step comes. */
const CLOSED = ["resolved", "escalated", "dismissed", "rejected"];

/** How an agent is, at the top of its screen. */
const standing = (page: Page) =>
  page.getByRole("main").getByText("Healthy", { exact: true }).first().locator("xpath=..");

export async function aFalseAlarm({ page, story, world, open }: Stage): Promise<void> {
  story.chapter("7  A false alarm");
  await well(world, DIFFERENT);
  await open("/");
  await inject(page, "Changed prompt", DIFFERENT);
  const fault = await world.fault("changed_prompt");
  const held = await world.until("the hold", async () => {
    const { agent } = await world.agent(DIFFERENT);
    return agent.state === "quarantined" && agent.incident;
  });
  await world.until("its diagnosis", async () => pendingOf(await world.incident(held.id)));
  await open(`/incidents/${held.id}`);
  await story.tell(async () => {
    expect(fault).toMatchObject({ target: DIFFERENT, endedAt: null });
    expect((await world.incident(held.id)).incident.opened_at).toBeGreaterThan(fault.startedAt);
    const { changes } = await world.get<{ changes: { declared: boolean }[] }>(`/api/v1/agents/${DIFFERENT}`);
    expect(changes.filter(({ declared }) => declared)).toEqual([]);
    return {
      says: `A new prompt for longer answers goes out to ${DIFFERENT}. It is wanted, but nobody declared it: Sentinel holds the agent.`,
      shows: (on) => on.getByRole("heading", { level: 1 }),
      reads: DIFFERENT,
    };
  });
  await story.lookAround();
  const accept = (on: Page) => on.getByRole("button", { name: "Accept as normal" });
  await accept(page).click();
  const dialog = (on: Page) => on.getByRole("alertdialog", { name: "Accept this as normal?" });
  await dialog(page).getByLabel("Comment").fill("The longer answers are wanted.");
  await story.tell(
    async () => ({
      says: "Its owner says so: the new level is accepted as normal, and learned.",
      shows: dialog,
      reads: "the new level is learned as normal",
    }),
    (phone) => accept(phone).tap(),
  );
  await dialog(page).getByRole("button", { name: "Accept as normal" }).click();
  await world.until("its end", async () => (await world.incident(held.id)).incident.state === "dismissed");
  const accepted = Date.now();
  await open(`/agents/${DIFFERENT}?tab=runs`);
  await story.tell(async () => {
    const runs = await world.until("runs with the new prompt", async () => {
      const done = (await world.runsSince(DIFFERENT, accepted)).filter(({ ended_at }) => ended_at !== null);
      return done.length >= RUNS_AFTER && done;
    });
    expect((await world.fault("changed_prompt")).endedAt).toBeNull();
    const { incidents } = await world.get<{ incidents: { opened_at: number }[] }>(
      `/api/v1/incidents?agent=${DIFFERENT}`,
    );
    expect(incidents.filter(({ opened_at }) => opened_at > accepted)).toEqual([]);
    expect((await world.agent(DIFFERENT)).agent).toMatchObject({ state: "healthy", incident: null });
    return {
      says: `Released with the prompt it has: ${runs.length} tasks later it is still at work, and there is no new incident.`,
      shows: standing,
      reads: "Healthy",
    };
  });
}

/** Tasks after which an agent that is still called ill would have been held again: the first took about as many. */
const RUNS_AFTER = 5;

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
