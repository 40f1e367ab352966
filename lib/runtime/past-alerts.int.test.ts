import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listCauses } from "@/lib/db/queries/investigations";
import { incidents } from "@/lib/db/schema";
import { TestEstate } from "./test-estate";

let estate: TestEstate;
beforeEach(async () => {
  estate = await TestEstate.open();
});
afterEach(() => estate.end());

/** Whether an investigation of what is alerted now reads which alerts are ordinary. */
async function readsPastAlerts(): Promise<boolean> {
  const execute = vi.spyOn(estate.db.$client, "execute");
  await estate.alert([{ name: "Slow", service: "api" }]);
  await estate.rest();
  const asked = execute.mock.calls.map(([statement]) => (statement as unknown as { sql: string }).sql);
  execute.mockRestore();
  const [incident] = await estate.db.select().from(incidents);
  expect((await listCauses(estate.db, incident!.id)).length).toBeGreaterThan(0);
  return asked.some((sql) => /SELECT DISTINCT incident_id .* FROM alerts/.test(sql));
}

test("alerts of past incidents are read where alerts are all that there is to go by", async () => {
  expect(await readsPastAlerts()).toBe(true);
});

test("they are not where something is measured", async () => {
  estate.measured.set("api", (signal, at) => (signal === "up" ? 1 : 1 + 0.02 * Math.sin(at / 7_919)));
  await estate.pass(3);
  expect(await readsPastAlerts()).toBe(false);
});
