import { afterAll, beforeAll, expect, test } from "vitest";
import { type Db, write } from "@/lib/db/client";
import { listAudit } from "@/lib/db/queries/audit";
import { findSlackPerson, listSlackAccounts } from "@/lib/db/queries/slack";
import { NOW, openTestDb } from "@/lib/db/queries/test-world";
import { newUser, removeUser } from "@/lib/db/queries/users";
import { linkSlackAccount, unlinkSlackAccount } from "./slack-accounts";

const ADA = { id: "u-ada", name: "Ada" };
let db: Db;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, close } = await openTestDb());
  for (const id of ["u-ada", "u-bo"]) await write(db, newUser(db, { id, name: id, email: `${id}@example.com`, role: "admin" }, NOW)); // prettier-ignore
});
afterAll(() => close());

const link = (user_id: string, team_id: string, slack_user_id = "U01") =>
  linkSlackAccount(db, { user_id, team_id, slack_user_id }, ADA, NOW);

test("a person in Slack acts as one account; the same ID in another workspace is somebody else", async () => {
  const { id } = await link("u-ada", "T01");
  await link("u-bo", "T02");
  expect((await findSlackPerson(db, "T01", "U01"))?.id).toBe("u-ada");
  expect((await findSlackPerson(db, "T02", "U01"))?.id).toBe("u-bo");
  expect(await findSlackPerson(db, "T01", "U02")).toBeNull();
  await expect(link("u-bo", "T01")).rejects.toThrow("U01 in T01 is linked already");
  await expect(link("u-nobody", "T03")).rejects.toMatchObject({ details: { fields: [{ field: "user_id" }] } });
  expect((await findSlackPerson(db, "T01", "U01"))?.id).toBe("u-ada");

  await unlinkSlackAccount(db, id, ADA, NOW);
  expect(await findSlackPerson(db, "T01", "U01")).toBeNull();
  await expect(unlinkSlackAccount(db, id, ADA, NOW)).rejects.toMatchObject({ code: "not_found" });
  const entries = await listAudit(db, { subject: "u-ada" }, undefined, 10);
  expect(entries.map(({ action, details }) => [action, details])).toEqual([
    ["user.unlink_slack", { team_id: "T01", slack_user_id: "U01" }],
    ["user.link_slack", { team_id: "T01", slack_user_id: "U01" }],
  ]);
});

test("an account that is removed takes its links with it, also where foreign keys are not enforced, and the audit log names them", async () => {
  await link("u-bo", "T05");
  await db.$client.execute("PRAGMA foreign_keys = OFF");
  await removeUser(db, "u-bo", ADA, NOW);
  const [entry] = await listAudit(db, { subject: "u-bo" }, undefined, 1);
  expect([entry!.action, entry!.details["slack"]]).toEqual([
    "user.delete",
    [
      { team_id: "T02", slack_user_id: "U01" },
      { team_id: "T05", slack_user_id: "U01" },
    ],
  ]);
  expect(await db.$client.execute("SELECT 1 FROM slack_accounts WHERE user_id = 'u-bo'")).toMatchObject({ rows: [] });
  expect((await listSlackAccounts(db)).filter(({ userId }) => userId === "u-bo")).toEqual([]);
  expect(await findSlackPerson(db, "T05", "U01")).toBeNull();
});
