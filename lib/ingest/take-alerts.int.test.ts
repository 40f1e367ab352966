import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSource } from "@/lib/auth/sources";
import { parseDatadog } from "./sources/datadog/parse";
import { DatadogBody } from "./sources/datadog/schema";
import { DATADOG_TEMPLATE } from "./sources/datadog/template";
import { parseGeneric } from "./sources/generic/parse";
import { GenericBody } from "./sources/generic/schema";
import type { Scope } from "@/lib/core/alerts/alert-service";
import { type Db, write } from "@/lib/db/client";
import { findAlertSource } from "@/lib/db/queries/alert-sources";
import { findService, recordServiceScope } from "@/lib/db/queries/services";
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
      lastRefusal: expect.stringMatching(/^alert_id: expected the monitor's ID/) as string,
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

describe("changes from GitHub", () => {
  const github = { id: "github", kind: "github" } as const;
  const repository = { full_name: "acme/shop", name: "shop", default_branch: "main" };
  let deployments = 0;
  const deployed = (environment: string) => ({
    event: "deployment_status",
    body: {
      repository,
      deployment_status: { state: "success", created_at: new Date(NOW).toISOString(), environment },
      deployment: { id: ++deployments, sha: "a".repeat(40), ref: "main", environment },
    },
  });
  const pushed = {
    event: "push",
    body: { repository, ref: "refs/heads/main", before: "a".repeat(40), after: "b".repeat(40) },
  };
  const subjects = async () =>
    (await db.select().from(changes).orderBy(changes.createdAt)).map(({ subjectId }) => subjectId);
  const place = async (id: string) => (await findService(db, id))?.scope;
  const known = (id: string, scope: Scope) => write(db, [recordServiceScope({ id, scope }, NOW)]);

  test("a deployment is of the service in its environment", async () => {
    await known("shop", { environment: "prod", cluster: "eu" });
    await known("shop@staging", { environment: "staging" });
    for (const [i, to] of ["staging", "Production", "stage", "Production – shop"].entries())
      expect(await takeGithub(db, github, deployed(to), NOW + i)).toEqual({ accepted: 1, ignored: null });
    expect(await subjects()).toEqual(["shop@staging", "shop", "shop@staging", "shop"]);
    expect(await place("shop")).toEqual({ environment: "prod", cluster: "eu" });
  });

  test("a second environment of a service is a second service", async () => {
    for (const [i, to] of ["production", "staging", "production"].entries())
      await takeGithub(db, github, deployed(to), NOW + i);
    expect(await subjects()).toEqual(["shop", "shop@staging", "shop"]);
    expect([await place("shop"), await place("shop@staging")]).toEqual([
      { environment: "prod" },
      { environment: "staging" },
    ]);
  });

  test("a service that is known by its name alone stays one, and learns no place from a target of any name", async () => {
    await known("shop", {});
    for (const [i, to] of ["eu-1", "github-pages", "staging"].entries())
      await takeGithub(db, github, deployed(to), NOW + i);
    expect(await subjects()).toEqual(["shop", "shop", "shop"]);
    expect(await place("shop")).toEqual({});
  });

  test.each([
    ["a deployment", deployed("production")],
    ["a push", pushed],
  ])("%s that is delivered again changes nothing", async (_, delivery) => {
    expect(await takeGithub(db, github, delivery, NOW)).toMatchObject({ accepted: 1 });
    const before = await findService(db, "shop");
    expect(before).toMatchObject({ stateVersion: 1 });
    expect(await takeGithub(db, github, delivery, NOW + 60_000)).toMatchObject({
      accepted: 0,
      ignored: expect.stringMatching(/already delivered/) as string,
    });
    expect(await findService(db, "shop")).toEqual(before);
    expect(await subjects()).toEqual(["shop"]);
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
    ignored: expect.stringMatching(/already delivered/) as string,
  });
  const rows = await db.select().from(changes).orderBy(changes.at);
  expect(rows.map(({ from, to }) => [from, to])).toEqual([
    [a, b],
    [b, c],
    [c, b],
  ]);
});
