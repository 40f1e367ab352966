import { afterEach, beforeEach, expect, test } from "vitest";
import { listFindings } from "@/lib/db/queries/incidents";
import { findStory } from "@/lib/db/queries/services-view";
import { incidents } from "@/lib/db/schema";
import { createEmbedder } from "@/lib/evidence/embedding";
import { createKubernetes } from "@/lib/evidence/kubernetes";
import { json, serve, type TestServer } from "@/lib/evidence/test-server";
import { TestEstate } from "./test-estate";

const ports = { fetch, now: Date.now };

let estate: TestEstate;
let server: TestServer | undefined;
beforeEach(async () => {
  estate = await TestEstate.open();
});
afterEach(async () => {
  await estate.end();
  await server?.close();
  server = undefined;
});

/** The report of an investigation that an alert started. */
async function investigated() {
  await estate.alert([{ name: "Slow", service: "api" }]);
  await estate.rest();
  const [incident] = await estate.db.select().from(incidents);
  const story = await findStory(estate.db, incident!.id);
  return { id: incident!.id, report: story!.investigation!.report!, story: story! };
}

test("a cluster that refuses is named with its reason, though other sources of logs and changes were read", async () => {
  server = await serve((_, response) => json(response, { message: "pods is forbidden" }, 403));
  estate.kubernetes = createKubernetes({ source: "kubernetes", url: server.url, namespaces: ["prod"] }, ports);
  estate.log("api", [[estate.now - 60_000, "it hurts"]]);
  const { id, report, story } = await investigated();
  for (const node of ["log_analyst", "deploy_correlator"])
    expect(report.couldNotLook).toContainEqual({
      node,
      source: "kubernetes",
      reason: expect.stringMatching(/^answered 403: .*pods is forbidden/),
    });
  const changes = report.reports.find(({ node }) => node === "deploy_correlator");
  expect(changes!.text).toMatch(/Could not look: kubernetes: answered 403/);
  const findings = await listFindings(estate.db, id);
  expect(findings.map(({ title }) => title).join("\n")).toMatch(/could not look at kubernetes: answered 403/);
  expect(story.investigation!.summary).toMatch(/kubernetes \(answered 403/);
});

test("one part of the cluster that may not be read hides no other", async () => {
  server = await serve((request, response) =>
    request.url?.includes("/events")
      ? json(response, { message: "events is forbidden" }, 403)
      : json(response, { kind: "List", metadata: {}, items: [] }),
  );
  estate.kubernetes = createKubernetes({ source: "kubernetes", url: server.url, namespaces: ["prod"] }, ports);
  const { report } = await investigated();
  expect(report.couldNotLook.filter(({ source }) => source === "kubernetes")).toEqual([
    { node: "log_analyst", source: "kubernetes", reason: expect.stringMatching(/events is forbidden/) },
  ]);
});

test("embeddings that fail are named; past incidents are found by words", async () => {
  server = await serve((_, response) => json(response, { error: "quota" }, 429));
  estate.embedder = createEmbedder({ source: "embeddings", url: server.url, model: "m" }, ports);
  const { report } = await investigated();
  expect(report.couldNotLook).toContainEqual({
    node: "triage",
    source: "embeddings",
    reason: expect.stringMatching(/^answered 429/),
  });
});
