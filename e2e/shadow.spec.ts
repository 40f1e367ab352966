import { Fleet } from "./fleet";
import { expectAccessibleInBoth, expectNoSidewaysScroll, live, PHONE } from "./page";
import { expect, test } from "./world";

test("a would-have quarantine is labelled with one click while it is open, and the type shows how right they were", async ({
  world,
  context,
  page,
  errors,
}) => {
  const { secret } = await world.api<{ secret: string }>("POST", "/api/v1/keys", {
    name: "shadow",
    scopes: ["events"],
  });
  const fleet = new Fleet(world.url, secret, 11);
  const agents = ["shadow-1", "shadow-2"].map((id) => fleet.agent(id, "Shadow"));
  await fleet.register(agents);
  await fleet.history(agents);
  agents[0]!.tokens = 40;
  const incident = async () =>
    (await world.api<{ incidents: { id: string }[] }>("GET", "/api/v1/incidents?agent=shadow-1")).incidents[0]?.id;
  await expect
    .poll(
      async () => {
        await fleet.step(agents);
        return incident();
      },
      { timeout: 60_000 },
    )
    .toBeTruthy();

  await world.signIn(context, "viewer");
  await page.goto(`/incidents/${await incident()}`);
  await expect(page.getByText("Not labelled")).toBeVisible();
  await world.signIn(context, "admin");
  await page.goto(`/incidents/${await incident()}`);
  await live(page);
  await expect(page.getByText("Sentinel would have quarantined it")).toBeVisible();
  const label = page.getByRole("group", { name: "Would it have been right to quarantine the agent?" });
  await label.getByRole("button", { name: "Right" }).click();
  await expect(label.getByRole("button", { name: "Right" })).toHaveAttribute("aria-pressed", "true");
  await expectAccessibleInBoth(page);

  await page.goto("/settings?tab=types");
  await live(page);
  const panel = page.locator("section.panel", { has: page.getByRole("heading", { name: "Shadow" }) });
  // Those that fall silent meanwhile are not labelled.
  await expect(
    panel.getByText(/^100 % right \(95 % interval 21–100 %\): 1 right, 0 wrong, \d+ not labelled$/),
  ).toBeVisible();
  await expect(panel.getByText("15 more labels, all of them right, would be enough.")).toBeVisible();
  await expect(panel.getByRole("button", { name: "Choose act" })).toHaveCount(0);

  await panel.getByRole("button", { name: "Act", exact: true }).click();
  await panel.getByText("Only at certain hours").click();
  await panel.getByLabel("From").fill("09:00");
  await panel.getByLabel("Until").fill("17:30");
  await panel.getByLabel("Time zone").fill("Mars/Olympus");
  await panel.getByText("Only certain healing actions").click();
  await panel.getByRole("button", { name: "Save" }).click();
  await expect(panel.getByRole("alert")).toContainText("must be an IANA time zone, such as Europe/Berlin");
  await panel.getByLabel("Time zone").fill("Europe/Berlin");
  await panel.getByText("Only certain healing actions").click();
  await expect(panel.getByText("Acts Mon–Fri 09:00–17:30 Europe/Berlin; otherwise requires approval")).toBeVisible();
  await panel.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Shadow: saved.")).toBeVisible();
  await page.reload();
  await live(page);
  await expect(panel.getByLabel("Time zone")).toHaveValue("Europe/Berlin");
  await expectAccessibleInBoth(page);
  await page.setViewportSize(PHONE.viewport);
  await expectNoSidewaysScroll(page);

  await page.goto("/agents/shadow-2");
  await expect(page.getByText("Acts Mon–Fri 09:00–17:30 Europe/Berlin; otherwise requires approval")).toBeVisible();
  await page.goto("/evals?tab=incidents");
  await expect(
    page.getByRole("heading", { name: "Means by dimension" }).or(page.getByText("No incident has been scored")),
  ).toBeVisible();
  expect(errors.filter((text) => !text.includes("400"))).toEqual([]);
});

test("a change that nobody declared stands on the agent's page with its effect", async ({
  world,
  context,
  page,
  errors,
}) => {
  const { secret } = await world.api<{ secret: string }>("POST", "/api/v1/keys", { name: "drift", scopes: ["events"] });
  const post = (events: object[]) =>
    fetch(`${world.url}/api/v1/ingest`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify({ events }),
    });
  const now = Date.now();
  const call = (i: number, effort: string) => ({
    agent_id: "drift-1",
    agent_type: "Drift",
    kind: "model_call",
    timestamp: now - 60_000 + i * 100,
    sequence: i,
    model: "helio-4",
    response_model: "helio-4-2026-01-01",
    effort,
    cost: (effort === "high" ? 0.03 : 0.01) * (1 + 0.01 * (i % 7)),
    success: true,
  });
  expect((await post(Array.from({ length: 120 }, (_, i) => call(i, i < 90 ? "medium" : "high")))).status).toBe(200);
  await world.signIn(context, "viewer");
  await page.goto("/agents/drift-1?tab=changes");
  await live(page);
  const row = page.getByRole("row", { name: /effort/ });
  await expect(row).toContainText("medium → high");
  await page.reload();
  await expect(row).toContainText("since then cost per call higher: $0.0103 → $0.0309 (90 and 30 calls)");
  await expectAccessibleInBoth(page);
  expect(errors).toEqual([]);
});
