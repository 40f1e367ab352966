import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expectAccessibleInBoth, expectNoSidewaysScroll, live, PHONE } from "./page";
import { expect, test } from "./world";

test("a channel is made, tested, fails, is sent again, switched off and deleted", async ({
  world,
  context,
  page,
  errors,
}) => {
  const got: { type: string; data: { text: string } }[] = [];
  let status = 204;
  const receiver = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      if (status < 300) got.push(JSON.parse(text) as (typeof got)[0]);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((done) => receiver.listen(0, "127.0.0.1", done));
  const host = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;

  await world.signIn(context, "admin");
  await page.goto("/settings?tab=notifications");
  await live(page);
  await expect(page.getByText("Nobody is notified yet")).toBeVisible();
  await page.getByRole("button", { name: "New channel" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Team chat");
  await dialog.getByRole("combobox", { name: "Kind" }).click();
  await page.getByRole("option", { name: "Webhook", exact: true }).click();
  await dialog.getByLabel("URL").fill(`http://${host}/secret-path`);
  await dialog.getByLabel("Signing secret").fill("too short");
  await dialog.getByRole("checkbox", { name: "Quiet hours" }).click();
  await dialog.getByLabel("Time zone").fill("Europe/Berlin");
  await expectAccessibleInBoth(page);
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(dialog.getByRole("alert")).toContainText("must be a Standard Webhooks secret");
  await dialog.getByLabel("Signing secret").fill(`whsec_${Buffer.alloc(32, 1).toString("base64")}`);
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(dialog).toHaveCount(0);

  const channels = page.getByRole("region", { name: "Notification channels" });
  await expect(channels).toContainText(host);
  await expect(channels).not.toContainText("secret-path");
  await expect(channels).toContainText("below 7 not during Mon–Sun 22:00–07:00 Europe/Berlin");
  const log = page.getByRole("region", { name: "Delivery log" });
  await page.getByRole("button", { name: "Test Team chat" }).click();
  // Incidents of the shared world may page meanwhile.
  const tests = log.getByRole("row").filter({ hasText: "Test message" });
  const received = () => got.map(({ type }) => type).filter((type) => type === "sentinel.test");
  await expect(tests.getByText("Sent", { exact: true })).toBeVisible();
  expect(received()).toEqual(["sentinel.test"]);

  status = 410;
  await page.getByRole("button", { name: "Test Team chat" }).click();
  await expect(log.getByText("Failed")).toBeVisible();
  await expect(channels).toContainText("answered 410");
  status = 204;
  await log.getByRole("button", { name: "Send again: Test message" }).click();
  await expect(tests.getByText("Sent", { exact: true })).toHaveCount(2);
  expect(received()).toHaveLength(2);
  await expectAccessibleInBoth(page);
  await page.setViewportSize(PHONE.viewport);
  await expectNoSidewaysScroll(page);
  await page.setViewportSize({ width: 1440, height: 900 });

  await page.getByRole("button", { name: "More actions for Team chat" }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  await expect(dialog.getByLabel("Name")).toHaveValue("Team chat");
  await dialog.getByLabel("Minimum severity").fill("6");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(channels).toContainText("severity 6 and above");
  await page.getByRole("button", { name: "More actions for Team chat" }).click();
  await page.getByRole("menuitem", { name: "Switch off" }).click();
  await expect(page.getByRole("button", { name: "Test Team chat" })).toHaveCount(0);
  await page.getByRole("button", { name: "More actions for Team chat" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("Nobody is notified yet")).toBeVisible();
  await expect(log.getByText("deleted channel").first()).toBeVisible();
  receiver.close();
  expect(errors.filter((error) => !error.includes("400"))).toEqual([]);
});

test("a viewer sees channels and changes nothing", async ({ world, context, page, errors }) => {
  await world.signIn(context, "viewer");
  await page.goto("/settings?tab=notifications");
  await live(page);
  await expect(page.getByText("Nobody is notified yet")).toBeVisible();
  await expect(page.getByRole("button", { name: "New channel" })).toHaveCount(0);
  expect(errors).toEqual([]);
});

test("a Slack app is set up with its manifest, and people in Slack are linked to accounts", async ({
  world,
  context,
  page,
  errors,
}) => {
  await world.signIn(context, "admin");
  await page.goto("/settings?tab=notifications");
  await live(page);
  await page.getByRole("button", { name: "New channel" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Slack with buttons");
  await dialog.getByRole("combobox", { name: "Kind" }).click();
  await page.getByRole("option", { name: "Slack app" }).click();
  const manifest = dialog.getByRole("region", { name: "App manifest" });
  await expect(manifest).toContainText("- chat:write");
  await expect(manifest).toContainText(`request_url: ${new URL(page.url()).origin}/api/v1/slack/interactions`);
  await expectAccessibleInBoth(page);
  await dialog.getByLabel("Bot token").fill("xoxb-0000000000-tests-only");
  await dialog.getByLabel("Signing secret").fill("short");
  await dialog.getByLabel("Channel ID").fill("C0TESTS");
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(dialog.getByRole("alert")).toContainText("must be the signing secret of the app");
  await dialog.getByLabel("Signing secret").fill("0".repeat(32));
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(dialog).toHaveCount(0);
  const channels = page.getByRole("region", { name: "Notification channels" });
  const row = channels.getByRole("row").filter({ hasText: "Slack with buttons" });
  await expect(row).toContainText("channel C0TESTS");
  await expect(page.getByRole("main")).not.toContainText("xoxb");
  // Nothing that the shared world pages about is sent to Slack itself.
  await row.getByRole("button", { name: /^More actions/ }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await expect(row).toHaveCount(0);

  await page.goto("/settings?tab=users");
  await live(page);
  const linked = page.getByRole("region", { name: "Slack accounts" });
  const nobody = page.getByText("No Slack accounts linked");
  await expect(nobody).toBeVisible();
  await page.getByRole("button", { name: "Link Slack account" }).click();
  await dialog.getByLabel("Workspace ID").fill("my-workspace");
  await dialog.getByLabel("Member ID").fill("U0TESTS");
  await expectAccessibleInBoth(page);
  await dialog.getByRole("button", { name: "Link", exact: true }).click();
  await expect(dialog.getByRole("alert")).toContainText("must be a workspace");
  await dialog.getByLabel("Workspace ID").fill("T0TESTS");
  await dialog.getByRole("button", { name: "Link", exact: true }).click();
  await expect(dialog).toHaveCount(0);
  await expect(linked.getByRole("row").filter({ hasText: "U0TESTS" })).toContainText("T0TESTS");
  await page.setViewportSize(PHONE.viewport);
  await expectNoSidewaysScroll(page);
  await linked.getByRole("button", { name: /^Unlink U0TESTS/ }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Unlink" }).click();
  await expect(nobody).toBeVisible();
  expect(errors.filter((error) => !error.includes("400"))).toEqual([]);
});
