import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Role } from "@/lib/core/base/vocabulary";
import type { Db } from "@/lib/db/client";
import { getIncident, listTimeline } from "@/lib/db/queries/incidents";
import { NOW, openTestDb } from "@/lib/db/queries/test-world";
import { users } from "@/lib/db/schema";
import { commandIncident } from "./command-incident";
import { editIncident } from "./edit-incident";
import { ANA, BO, decideOnly, refusalOf, standing, toldOf, waiting } from "./test-waiting";

const DAY = 86_400_000;
let db: Db;
let shut: () => Promise<void>;
beforeAll(async () => {
  ({ db, close: shut } = await openTestDb());
  await db.insert(users).values(
    ([ [ANA.id, "Ana", "operator"], [BO.id, "Bo", "admin"], ["usr-vi", "Vi", "viewer"] ] as [string, string, Role][]) // prettier-ignore
      .map(([id, name, role]) => ({ id, name, role, email: `${name}@example.org`, createdAt: new Date(NOW), updatedAt: new Date(NOW) })),
  ); // prettier-ignore
});
afterAll(() => shut());

const ownership = async (id: string) => {
  const { assigneeId, assigneeName, snoozedUntil } = await getIncident(db, id);
  return [assigneeId, assigneeName, snoozedUntil];
};

describe("whose an incident is", () => {
  test("is told once, by the name, and taken back", async () => {
    const of = await waiting(db);
    await editIncident(db, of.incident, { assignee: BO.id }, ANA, NOW);
    await editIncident(db, of.incident, { assignee: BO.id }, ANA, NOW);
    expect(await ownership(of.incident)).toEqual([BO.id, "Bo", null]);
    await editIncident(db, of.incident, { assignee: ANA.id }, ANA, NOW);
    await editIncident(db, of.incident, { assignee: null }, BO, NOW);
    expect(await ownership(of.incident)).toEqual([null, null, null]);
    expect((await listTimeline(db, of.incident)).map(({ text }) => text)).toEqual([
      "Ana assigned the incident to Bo",
      "Ana assigned the incident to themselves",
      "Bo assigned the incident to nobody",
    ]);
  });

  test("changes nothing that a decision is bound to", async () => {
    const of = await waiting(db);
    await editIncident(db, of.incident, { assignee: BO.id, snoozedUntil: NOW + DAY }, ANA, NOW);
    await decideOnly(db, "reject", BO, NOW, of.incident);
    expect(await standing(db, of)).toMatchObject({ approval: "rejected" });
  });

  test("two who take it at once: one after the other", async () => {
    const of = await waiting(db);
    await Promise.all([ANA, BO].map((by) => editIncident(db, of.incident, { assignee: by.id }, by, NOW)));
    const [id] = await ownership(of.incident);
    const told = await listTimeline(db, of.incident);
    expect(told).toHaveLength(2);
    expect(told.at(-1)!.text).toBe(`${id === ANA.id ? "Ana" : "Bo"} assigned the incident to themselves`);
  });
});

test.each([
  ["a viewer", { assignee: "usr-vi" }, "invalid: assignee must be the ID of an operator or an admin"],
  ["somebody there is not", { assignee: "usr-no" }, "invalid: assignee must be the ID of an operator or an admin"],
  ["a past time", { snoozedUntil: NOW }, "invalid: snoozed_until must be in the future, at most a week ahead"],
  ["no time", { snoozedUntil: 0 }, "invalid: snoozed_until must be in the future, at most a week ahead"],
  ["too long", { snoozedUntil: NOW + 7 * DAY + 1 }, "invalid: snoozed_until must be in the future, at most a week ahead"],
])("%s is refused, and the other half of the edit is not made", async (_, edit, words) => {
  const of = await waiting(db);
  const refusal = await refusalOf(
    editIncident(db, of.incident, { assignee: BO.id, snoozedUntil: NOW + DAY, ...edit }, ANA, NOW),
  );
  expect(refusal).toBe(words);
  expect(await ownership(of.incident)).toEqual([null, null, null]);
  expect(await toldOf(db, of)).toEqual([]);
}); // prettier-ignore

test("a closed incident is nobody's to take, and can still be noted", async () => {
  const of = await waiting(db, { incident: { state: "resolved", closedAt: NOW - 1 } });
  expect(await refusalOf(editIncident(db, of.incident, { assignee: BO.id }, ANA, NOW))).toBe(
    "conflict: The incident is already resolved",
  );
  await commandIncident(db, of.incident, "note", "The cache was cold", ANA, NOW);
  expect((await listTimeline(db, of.incident)).map(({ type, text }) => [type, text])).toEqual([
    ["incident.noted", "Ana: The cache was cold"],
  ]);
});

test("a note says something", async () => {
  const of = await waiting(db);
  expect(await refusalOf(commandIncident(db, of.incident, "note", undefined, ANA, NOW))).toBe(
    "invalid: comment must hold the note",
  );
  expect(await toldOf(db, of)).toEqual([]);
});
