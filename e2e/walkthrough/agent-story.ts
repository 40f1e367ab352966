import { expect } from "../people";
import { inject, panel, type Stage } from "./stage";

/** Who falls ill, and who is only different. */
export const ILL = "analytics-iris";
export const DIFFERENT = "research-bela";

export async function anAgentFallsIll({ page, story, world, open }: Stage): Promise<string> {
  story.chapter("2  An agent falls ill");
  await inject(page, "Poisoned memory", ILL);
  const fault = await world.fault("poisoned_memory");
  await story.tell(async () => {
    expect(fault).toMatchObject({ target: ILL, endedAt: null });
    const dialog = page.getByRole("dialog", { name: "Inject a fault" });
    await expect(dialog.getByText("Sentinel is not told")).toBeVisible();
    const shows = dialog.getByRole("listitem").filter({ has: page.getByRole("button", { name: "Inject: Poisoned memory" }) }); // prettier-ignore
    await expect(shows).toContainText(ILL);
    return { says: `We poison the memory of ${ILL}: a false lesson makes it repeat its lookups. Sentinel is not told.`, shows };
  }); // prettier-ignore

  await open(`/agents/${ILL}`);
  await world.until("the hold is enforced", async () => {
    const { agent } = await world.agent(ILL);
    return agent.state === "quarantined" && agent.containment.state === "enforced";
  });
  await story.tell(async () => {
    const { agent, history } = await world.agent(ILL);
    const held = history.find(({ type, at }) => type === "agent.quarantined" && at >= fault.startedAt);
    expect(agent.containment.enforced).toBe(agent.containment.live);
    const shows = panel(page, "Directive and containment");
    await expect(page.getByRole("main").getByText("Quarantined").first()).toBeVisible();
    await expect(shows.getByText("Enforced", { exact: true }).first()).toBeVisible();
    return { says: `${seconds(held!.at - fault.startedAt)} later it is held. That is not assumed: each of its live instances has confirmed it.`, shows };
  }); // prettier-ignore
  await story.tell(async () => {
    const { anomalies } = await world.agent(ILL);
    expect(anomalies.length).toBeGreaterThan(0);
    const shows = page.getByRole("region", { name: "Anomalies" }).locator("tbody tr").first();
    await expect(shows).toContainText(anomalies[0]!.text);
    return { says: `What gave it away: ${anomalies[0]!.text}. An agent is compared with its own normal work.`, shows }; // prettier-ignore
  });
  await story.lookAround();
  return (await world.agent(ILL)).agent.incident!.id;
}

export async function itWaitsForAPerson({ page, story, world, open }: Stage, incident: string): Promise<void> {
  story.chapter("3  It waits for a person");
  await open("/agents");
  await story.tell(async () => {
    const { agents } = await world.get<{ agents: { total: number; by_state: Record<string, number> } }>("/api/v1/overview"); // prettier-ignore
    const held = agents.by_state["quarantined"]!;
    expect(held).toBeLessThan(agents.total / 2);
    const shows = page.getByRole("article").filter({ has: page.getByRole("link", { name: ILL, exact: true }) });
    await expect(shows.getByText("Quarantined")).toBeVisible();
    await expect(page.getByRole("article").first().getByText("Quarantined")).toBeVisible();
    return { says: `The other ${agents.total - held} work on. Who needs a person comes first.`, shows };
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
    const shows = panel(page, "Diagnosis");
    const named = await shows.locator("strong").first().innerText();
    await expect(shows.getByText("Alternatives")).toBeVisible();
    return { says: `The diagnosis: ${lower(named)}, ${Math.round(first.confidence * 100)} % sure, with the evidence it cites. What else it could be stands below.`, shows };
  }); // prettier-ignore
  const approve = page.getByRole("button", { name: /^Approve: / });
  await story.tell(async () => {
    expect((await world.incident(incident)).actions).toEqual([]);
    const action = (await approve.innerText()).replace("Approve: ", "");
    return { says: `Nothing has been done to it yet: “${action}” waits until somebody decides.`, shows: approve };
  });
  await story.lookAround();
  await approve.click();
  const dialog = page.getByRole("dialog", { name: /^Approve: / });
  await story.tell(async () => {
    await expect(dialog.getByText("Your approval covers exactly this action with these arguments, once.")).toBeVisible();
    return { says: "The approval covers this one action, with these arguments, once.", shows: dialog };
  }); // prettier-ignore
  await decide(page, world, incident);
}

type Page = Stage["page"];
type World = Stage["world"];
/** The proposal that waits for a decision. */
export const pendingOf = ({ proposals }: Awaited<ReturnType<World["incident"]>>) =>
  proposals.find(({ approval }) => approval?.state === "pending");

/** Says yes in the dialog that is open, which is told by its name: a toast is a dialog too. */
export async function decide(page: Page, world: World, incident: string): Promise<void> {
  const asked = pendingOf(await world.incident(incident))!;
  const dialog = page.getByRole("dialog", { name: /^Approve: / });
  await dialog.getByRole("button", { name: "Approve", exact: true }).click();
  await world.until("the decision is kept", async () => {
    const { proposals } = await world.incident(incident);
    return proposals.find(({ id }) => id === asked.id)?.approval?.state === "approved";
  });
  await expect(dialog).toBeHidden();
}

export async function itIsHealed({ page, story, world, open }: Stage, incident: string): Promise<void> {
  story.chapter("4  Healed, verified, released");
  // As many rungs as the ladder needs: each asks for its own consent.
  for (;;) {
    const seen = await world.until("a rung that asks, or the end", async () => {
      const now = await world.incident(incident);
      return (pendingOf(now) || now.incident.state === "resolved") && now;
    });
    if (seen.incident.state === "resolved") break;
    await page.getByRole("button", { name: /^Approve: / }).click();
    await decide(page, world, incident);
  }
  await story.tell(async () => {
    const { actions } = await world.incident(incident);
    const done = actions.filter(({ outcome }) => outcome === "recovered");
    expect(done).toHaveLength(1);
    const tried = actions.length - 1;
    const shows = panel(page, "Actions").getByText("Recovered", { exact: true }).locator("xpath=ancestor::li[1]");
    const before = tried === 0 ? "" : `${["One", "Two", "Three"][tried - 1] ?? tried} earlier ${tried === 1 ? "step" : "steps"} did not help; this one did. `; // prettier-ignore
    return { says: `${before}The agent ran again on probation, and its fresh calls were measured: back in its normal range.`, shows };
  }); // prettier-ignore
  await open(`/agents/${ILL}`);
  await story.tell(async () => {
    const { agent, directive } = await world.agent(ILL);
    expect(agent).toMatchObject({ state: "healthy", incident: null });
    expect(directive.status).toBe("run");
    const shows = page.getByRole("main").getByText("Healthy", { exact: true }).first().locator("xpath=..");
    return { says: `${ILL} is released, and back at work.`, shows };
  });
}

export async function aFalseAlarm({ page, story, world, open }: Stage): Promise<void> {
  story.chapter("7  A false alarm");
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
    const shows = page.getByRole("heading", { level: 1 });
    await expect(shows).toContainText(DIFFERENT);
    return { says: `A new prompt for longer answers goes out to ${DIFFERENT}. It is wanted, but nobody declared it: Sentinel holds the agent.`, shows };
  }); // prettier-ignore
  await story.lookAround();
  await page.getByRole("button", { name: "Accept as normal" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Accept this as normal?" });
  await dialog.getByLabel("Comment").fill("The longer answers are wanted.");
  await story.tell(async () => {
    await expect(dialog).toContainText("the new level is learned as normal");
    return { says: "Its owner says so: the new level is accepted as normal, and learned.", shows: dialog };
  });
  await dialog.getByRole("button", { name: "Accept as normal" }).click();
  await world.until("its end", async () => (await world.incident(held.id)).incident.state === "dismissed");
  const accepted = Date.now();
  await open(`/agents/${DIFFERENT}?tab=runs`);
  await story.tell(async () => {
    const runs = await world.until("runs with the new prompt", async () => {
      const { runs } = await world.get<{ runs: { started_at: number; ended_at: number | null }[] }>(`/api/v1/agents/${DIFFERENT}/runs`); // prettier-ignore
      const done = runs.filter(({ started_at, ended_at }) => started_at > accepted && ended_at !== null);
      return done.length >= RUNS_AFTER && done;
    });
    expect((await world.fault("changed_prompt")).endedAt).toBeNull();
    const { incidents } = await world.get<{ incidents: { opened_at: number }[] }>(
      `/api/v1/incidents?agent=${DIFFERENT}`,
    );
    expect(incidents.filter(({ opened_at }) => opened_at > accepted)).toEqual([]);
    expect((await world.agent(DIFFERENT)).agent).toMatchObject({ state: "healthy", incident: null });
    const shows = page.getByRole("main").getByText("Healthy", { exact: true }).first().locator("xpath=..");
    return {
      says: `Released with the prompt it has: ${runs.length} tasks later it is still at work, and there is no new incident.`,
      shows,
    };
  });
}

/** Tasks after which an agent that is still called ill would have been held again: the first took about as many. */
const RUNS_AFTER = 5;

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const lower = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
