import { expectAccessibleInBoth, expectNoSidewaysScroll, JOURNEY, live, PHONE } from "./page";
import { expect, test } from "./world";

test(
  "an API token is shown once, opens the API as its role, and no longer when it is revoked",
  { tag: JOURNEY },
  async ({ world, context, page, errors }) => {
    await world.signIn(context, "admin");
    await page.goto("/settings?tab=tokens");
    await live(page);
    await page.getByRole("button", { name: "New token" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("nightly report");
    await dialog.getByRole("button", { name: "Viewer" }).click();
    await dialog.getByRole("checkbox", { name: "Put agents on hold over MCP" }).click();
    await dialog.getByRole("button", { name: "30 days" }).click();
    await dialog.getByRole("button", { name: "Create" }).click();
    const secret = (await dialog.getByLabel("The token").textContent())!;
    await expectAccessibleInBoth(page);
    await dialog.getByRole("button", { name: "Done" }).click();

    const ask = async (method: string, path: string) =>
      (await fetch(world.url + path, { method, headers: { authorization: `Bearer ${secret}` } })).status;
    expect(await ask("GET", "/api/v1/overview")).toBe(200);
    expect(await ask("POST", "/api/v1/agents/data-1/quarantine")).toBe(403);

    await page.reload();
    const row = page.getByRole("row", { name: /nightly report/ });
    await expect(row).toContainText("Viewer, hold over MCP");
    expect(await page.content()).not.toContain(secret);
    await row.getByRole("button", { name: "Revoke nightly report" }).click();
    const asking = page.getByRole("alertdialog");
    await asking.getByRole("button", { name: "Cancel" }).click();
    expect(await ask("GET", "/api/v1/overview")).toBe(200);
    await row.getByRole("button", { name: "Revoke nightly report" }).click();
    await asking.getByRole("button", { name: "Revoke" }).click();
    await expect(row.getByText("revoked")).toBeVisible();
    await expect(page.getByText("nightly report: revoked.")).toBeVisible();
    await expectAccessibleInBoth(page);
    expect(await ask("GET", "/api/v1/overview")).toBe(401);
    expect(errors).toEqual([]);
  },
);

test("Connect shows how an assistant asks over MCP, with this server's address", async ({
  world,
  context,
  page,
  errors,
}) => {
  await world.signIn(context, "admin");
  await page.goto("/settings?tab=connect");
  await live(page);
  const panel = page.locator("section.panel", { has: page.getByRole("heading", { name: "Ask from an assistant" }) });
  await expect(panel.getByText(`sentinel ${world.url}/api/mcp`)).toBeVisible();
  await panel.getByRole("button", { name: "Codex" }).click();
  await expect(panel.getByText(`codex mcp add sentinel --url ${world.url}/api/mcp`)).toBeVisible();
  await panel.getByRole("button", { name: "Cursor" }).click();
  await expect(panel.getByText("~/.cursor/mcp.json", { exact: true })).toBeVisible();
  await expectAccessibleInBoth(page);
  await page.setViewportSize(PHONE.viewport);
  await expectNoSidewaysScroll(page);
  expect(errors).toEqual([]);
});

test("changed settings show what they would have done over the last days, before anybody saves them", async ({
  world,
  context,
  page,
  errors,
}) => {
  await world.signIn(context, "admin");
  await page.goto("/settings?tab=types");
  await live(page);
  const panel = page.locator("section.panel", { has: page.getByRole("heading", { name: "Research" }) });
  await panel.getByRole("button", { name: "Observe" }).click();
  await panel.getByRole("button", { name: "1 day" }).click();
  await panel.getByRole("button", { name: "Preview" }).click();
  const preview = panel.getByRole("region", { name: "Preview" });
  await expect(preview.getByText("Replaying the last day")).toBeVisible();
  await expect(preview.getByRole("heading", { name: /2 quarantines fewer/ })).toBeVisible();
  for (const { id } of world.ill) {
    const row = preview.getByRole("listitem").filter({ hasText: id });
    await expect(row).toContainText("Not quarantined");
    await expect(row).toContainText("With the change: Recorded only");
  }
  const [first] = world.ill;
  const recorded = preview.getByRole("listitem").filter({ hasText: first.id }).getByRole("link", { name: "The recorded incident" }); // prettier-ignore
  await preview.getByText("How this was replayed").click();
  await expect(preview.getByText("Nothing was saved.")).toBeVisible();
  await expectAccessibleInBoth(page);

  await panel.getByRole("button", { name: "Act", exact: true }).click();
  await expect(preview.getByText("Preview again")).toBeVisible();
  await page.setViewportSize(PHONE.viewport);
  await expectNoSidewaysScroll(page);
  await expectAccessibleInBoth(page);
  await recorded.click();
  await expect(page).toHaveURL(/\/incidents\/inc_/);
  const { types } = await world.api<{ types: { type: string; mode: string }[] }>("GET", "/api/v1/agent-types");
  expect(types.find(({ type }) => type === "Research")!.mode).toBe("act");
  expect(errors).toEqual([]);
});

test("a key sends what it was ticked for, of the services that it names, and nothing else", async ({
  world,
  context,
  page,
}) => {
  await world.signIn(context, "admin");
  await page.goto("/settings?tab=keys");
  await live(page);
  await page.getByRole("button", { name: "New key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("log shipper");
  const box = (name: RegExp) => dialog.getByRole("checkbox", { name });
  await expect(box(/^Agent events/)).toBeChecked();
  await expect(box(/^Changes/)).toBeChecked();
  await expect(box(/^Service logs/)).not.toBeChecked();
  await box(/^Agent events/).click();
  await box(/^Changes/).click();
  await box(/^Service logs/).click();
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(
    dialog.getByText("the logs scope needs services: name those whose logs it may send, or * for all"),
  ).toBeVisible();
  await expectAccessibleInBoth(page);
  await dialog.getByRole("textbox", { name: "Services" }).fill("payments-*, inventory");
  await dialog.getByRole("button", { name: "Create" }).click();
  const secret = (await dialog.getByLabel("The key").textContent())!;
  await dialog.getByRole("button", { name: "Done" }).click();

  const row = page.getByRole("row", { name: /log shipper/ });
  await expect(row.getByRole("cell", { name: "logs", exact: true })).toBeVisible();
  await expect(row.getByRole("cell", { name: "payments-*, inventory", exact: true })).toBeVisible();

  const send = (path: string, body: object) =>
    fetch(world.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const line = (service: string) => ({ service, line: "from the shipper" });
  const answer = await send("/api/v1/logs", { lines: [line("payments-api"), line("inventory"), line("someone-else")] });
  expect(await answer.json()).toMatchObject({
    accepted: 2,
    rejected: [{ index: 2, field: "lines[2].service", reason: "this key may not send logs of this service" }],
  });
  const event = { agent_id: "data-1", agent_type: "Data", kind: "heartbeat" };
  expect((await send("/api/v1/ingest", event)).status).toBe(403);
  expect((await send("/api/v1/changes", { subject_id: "data-1", kind: "deploy" })).status).toBe(403);
});

test("a program is connected with a fresh key, and its first event is seen", async ({
  world,
  context,
  page,
  errors,
}) => {
  await world.signIn(context, "admin");
  await page.goto("/settings?tab=connect");
  await live(page);
  const panel = page.locator("section.panel", { has: page.getByRole("heading", { name: "Connect", exact: true }) });
  await panel.getByRole("button", { name: "Gemini CLI" }).click();
  await page.getByRole("button", { name: "Block", exact: true }).click();
  await expect(page.getByText("While Sentinel cannot be reached, no tool call runs")).toBeVisible();
  await panel.getByRole("button", { name: "Claude Code" }).click();
  await page.getByRole("button", { name: "Create a key" }).click();
  const settings = page.getByRole("region", { name: /Settings for .*settings\.json/ });
  await expect(settings).toContainText("Bearer snt_");
  await expect(page.getByText("Waiting for the first event…")).toBeVisible();
  await expectAccessibleInBoth(page);
  const { hooks } = JSON.parse((await settings.textContent())!) as {
    hooks: { PreToolUse: { hooks: { url: string; headers: Record<string, string> }[] }[] };
  };
  const [hook] = hooks.PreToolUse[0]!.hooks;
  const answer = await fetch(hook!.url, {
    method: "POST",
    headers: { ...hook!.headers, "content-type": "application/json" },
    body: JSON.stringify({ session_id: "browser", hook_event_name: "SessionStart" }),
  });
  expect(answer.status).toBe(200);
  await expect(page.getByText(/Received from claude-code/)).toBeVisible();
  expect(errors).toEqual([]);
});

test("what an agent was asked is stored once its key says so, shown as text and deleted again", async ({
  world,
  context,
  page,
  errors,
}) => {
  const { key, secret } = await world.api<{ key: { id: string }; secret: string }>("POST", "/api/v1/keys", {
    name: "content key",
  });
  await world.signIn(context, "admin");
  await page.goto("/settings?tab=keys");
  await live(page);
  const toggle = page.getByRole("switch", { name: "Store prompts, tool arguments and outputs sent with content key" });
  await expect(toggle).not.toBeChecked();
  await toggle.click();
  await expect(toggle).toBeChecked();
  await expect
    .poll(async () => (await world.api<{ keys: { id: string; content: boolean }[] }>("GET", "/api/v1/keys")).keys)
    .toContainEqual(expect.objectContaining({ id: key.id, content: true }));
  await expectAccessibleInBoth(page);

  const text = (name: string, stringValue: string) => ({ key: name, value: { stringValue } });
  const at = `${Date.now()}000000`;
  const prompt = `<img src=x onerror="document.title='owned'"> mail ada@example.com`;
  const span = {
    traceId: "5b8efff798038103d269b633813fc60c",
    spanId: "eee19b7ec3c1b174",
    name: "chat",
    kind: 3,
    startTimeUnixNano: at,
    endTimeUnixNano: at,
    attributes: [
      text("gen_ai.operation.name", "chat"),
      text("gen_ai.request.model", "m"),
      text("gen_ai.conversation.id", "asked"),
      text("gen_ai.input.messages", prompt),
    ],
  };
  const resource = { attributes: [text("service.name", "asked-bot")] };
  const answer = await fetch(`${world.url}/v1/traces`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "s" }, spans: [span] }] }] }),
  });
  expect(answer.status).toBe(200);

  await page.goto("/agents/asked-bot?tab=runs");
  await live(page);
  await page.getByRole("button", { name: "Prompts and outputs of run asked" }).click();
  const content = page.getByRole("region", { name: /Prompts and outputs/ });
  await expect(content.getByText(prompt.replace("ada@example.com", "[redacted:email]"))).toBeVisible();
  await expect(page).not.toHaveTitle("owned");
  await expectAccessibleInBoth(page);
  await content.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await expect(content.getByText("Nothing stored", { exact: true })).toBeVisible();
  expect(errors).toEqual([]);
});
