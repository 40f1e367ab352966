import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSource } from "@/lib/auth/sources";
import { DATADOG_TEMPLATE, DatadogBody, parseDatadog } from "@/lib/contracts/alert-datadog";
import { GenericBody, parseGeneric } from "@/lib/contracts/alert-generic";
import type { Db } from "@/lib/db/client";
import { findAlertSource } from "@/lib/db/queries/alert-sources";
import { openTestDb } from "@/lib/db/queries/test-world";
import { changes } from "@/lib/db/schema";
import { metrics } from "@/lib/metrics";
import { takeGithub } from "./github";
import { takeAlerts } from "./take-alerts";

const NOW = Date.UTC(2026, 4, 20, 12);
let db: Db;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ db, close } = await openTestDb());
});
afterEach(() => close());

const refusals = async (source: string) =>
  (await metrics().alertsRefused.get()).values.find(({ labels }) => labels.source === source)?.value ?? 0;

describe("what is refused leaves a trace", () => {
  test("a message of which nothing could be read is refused as a whole, and stands on its source's page", async () => {
    const { row } = await createSource(db, { kind: "datadog", createdBy: "Ada" }, NOW);
    const before = await refusals("datadog");
    // The template as it was pasted, with a variable misspelled.
    const body = DatadogBody.parse({ ...DATADOG_TEMPLATE, transition: "$ALERT_TRANSITON" });
    await expect(takeAlerts(db, row, parseDatadog(body, NOW), NOW)).rejects.toMatchObject({
      status: 400,
      details: { fields: [{ field: "alert_id" }, { field: "transition" }] },
    });
    expect(await findAlertSource(db, row.id)).toMatchObject({
      refused: 1,
      lastRefusal: expect.stringMatching(/^alert_id: expected the monitor's id/) as string,
      lastRefusalAt: NOW,
    });
    expect(await refusals("datadog")).toBe(before + 1);
  });

  test("bad alerts among good ones are counted, and the good ones are kept", async () => {
    const { row } = await createSource(db, { kind: "generic", createdBy: "Ada" }, NOW);
    const body = GenericBody.parse({ alerts: [{ name: "Full", service: "disk" }, { status: "firing" }, 7] });
    expect(await takeAlerts(db, row, parseGeneric(body, NOW), NOW)).toMatchObject({ accepted: 1, rejected_alerts: 2 });
    expect(await findAlertSource(db, row.id)).toMatchObject({
      refused: 2,
      lastRefusal: "alerts[1].name: name is missing",
    });
  });

  test("a sender that signs is listed with what it got wrong", async () => {
    const github = { id: "github", kind: "github" } as const;
    await expect(takeGithub(db, github, { event: "push", body: {} }, NOW)).rejects.toMatchObject({ status: 400 });
    expect(await findAlertSource(db, "github")).toMatchObject({ received: 1, refused: 1 });
  });
});

test("a force push back is a change of its own; a delivery that comes again is not", async () => {
  const github = { id: "github", kind: "github" } as const;
  const [a, b, c] = ["a", "b", "c"].map((digit) => digit.repeat(40));
  const push = (before: string, after: string, forced = false) => ({
    event: "push",
    body: {
      ref: "refs/heads/main",
      before,
      after,
      forced,
      repository: { full_name: "acme/shop", name: "shop", default_branch: "main" },
    },
  });
  expect(await takeGithub(db, github, push(a!, b!), NOW)).toMatchObject({ accepted: 1 });
  expect(await takeGithub(db, github, push(b!, c!), NOW + 1)).toMatchObject({ accepted: 1 });
  expect(await takeGithub(db, github, push(c!, b!, true), NOW + 2)).toMatchObject({ accepted: 1 });
  expect(await takeGithub(db, github, push(c!, b!, true), NOW + 3)).toMatchObject({
    accepted: 0,
    ignored: expect.stringMatching(/delivered before/) as string,
  });
  const rows = await db.select().from(changes).orderBy(changes.at);
  expect(rows.map(({ from, to }) => [from, to])).toEqual([
    [a, b],
    [b, c],
    [c, b],
  ]);
});
