import { expect, it } from "vitest";
import { IncidentsQuery } from "@/lib/contracts/incidents";
import { listTold } from "@/lib/db/queries/notifications";
import { readIncidentNow } from "@/lib/db/queries/slack";
import { NOW, openTestDb } from "@/lib/db/queries/test-world";
import { incidents } from "@/lib/db/schema";
import { listIncidents } from "./incidents";

it("an incident is called by its cause in lists and messages, and by what raised it where it is read as evidence", async () => {
  const { db, close } = await openTestDb();
  const title = "checkout: Resident memory above 400 MB";
  const diagnosed = { causeNode: "checkout", causeKind: "overload", confidence: 0.8 } as const;
  await db.insert(incidents).values({ id: "inc_1", kind: "service", state: "escalated", title, severity: 5, mode: "recommend", onsetAt: NOW, openedAt: NOW, ...diagnosed }); // prettier-ignore
  const named = "Overload of checkout: Resident memory above 400 MB";
  expect((await listIncidents(db, IncidentsQuery.parse({}))).incidents.map((one) => one.title)).toEqual([named]);
  expect((await listTold(db, ["inc_1"])).get("inc_1")?.title).toBe(named);
  expect((await readIncidentNow(db, "inc_1"))?.title).toBe(named);
  expect((await db.select().from(incidents))[0]?.title).toBe(title);
  await close();
});
