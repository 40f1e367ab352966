import { afterEach, beforeEach, expect, it } from "vitest";
import { AgentsQuery } from "@/lib/contracts/agents";
import { type Db, write } from "@/lib/db/client";
import { agents, agentTypes, services } from "@/lib/db/schema";
import { findCard, listAgentCards } from "./agents";
import { lookAlikes } from "@/lib/db/queries/look-alikes";
import { findServiceDetail, servicesView } from "./services";
import { NOW, openTestDb } from "@/lib/db/queries/test-world";
import { listAgentTypes } from "./agent-types";

let db: Db;
let close: () => Promise<void>;
beforeEach(async () => void ({ db, close } = await openTestDb()));
afterEach(() => close());

const CYRILLIC_A = "а";
const CONTEXT = { now: NOW, instanceLiveMs: 1, ackTimeoutMs: 1, maxClockSkewMs: 1 };
const agent = (id: string, type = "Research") => [
  db.insert(agents).values({ id, type, stateSince: NOW, firstSeenAt: NOW, lastSeenAt: NOW }),
  db.insert(agentTypes).values({ type, createdAt: NOW }).onConflictDoNothing(),
];
const service = (id: string) =>
  db.insert(services).values({ id, source: "alert", stateSince: NOW, firstSeenAt: NOW, lastSeenAt: NOW });

it("flags agents on the grid and on their own pages, also one that comes later, and leaves the others alone", async () => {
  const twin = `rese${CYRILLIC_A}rch-1`;
  await write(db, [...agent("research-1"), ...agent("research-2")]);
  const flags = async () =>
    Object.fromEntries(
      (await listAgentCards(db, AgentsQuery.parse({}), CONTEXT)).agents.map(({ id, looks_like }) => [id, looks_like]),
    );
  expect(await flags()).toEqual({ "research-1": null, "research-2": null });
  await write(db, agent(twin));
  expect(await flags()).toEqual({ "research-1": twin, "research-2": null, [twin]: "research-1" });
  expect((await findCard(db, twin, CONTEXT))?.looks_like).toBe("research-1");
  await write(db, agent("rеsearch-1"));
  expect(await flags()).toMatchObject({ "research-1": twin, [twin]: "research-1", "rеsearch-1": "research-1" });
});

it("flags types, on their own list and on the cards of their agents", async () => {
  const twin = `Rese${CYRILLIC_A}rch`;
  await write(db, [...agent("one", "Research"), ...agent("two", twin), ...agent("three", "Data")]);
  const types = await listAgentTypes(db, NOW);
  expect(Object.fromEntries(types.map(({ type, looks_like }) => [type, looks_like]))).toEqual({
    Research: twin,
    [twin]: "Research",
    Data: null,
  });
  expect(await findCard(db, "two", CONTEXT)).toMatchObject({ looks_like: null, type_looks_like: "Research" });
});

it("flags services, and takes no service for an agent", async () => {
  const twin = `p${CYRILLIC_A}yments`;
  await write(db, [service("payments"), service("shop"), ...agent(`sh${"о"}p`)]);
  await write(db, [service(twin)]);
  const { services: listed } = await servicesView(db, false);
  expect(Object.fromEntries(listed.map(({ id, looks_like }) => [id, looks_like]))).toEqual({
    payments: twin,
    [twin]: "payments",
    shop: null,
  });
  expect((await findServiceDetail(db, twin))?.service.looks_like).toBe("payments");
});

it("reads each name once, however often and at however many places at once it is asked", async () => {
  await write(db, [...agent("a-1"), ...agent("а-1")]);
  const asked = await Promise.all(Array.from({ length: 20 }, () => lookAlikes(db, "agents")));
  await write(db, agent("а-l"));
  const later = await lookAlikes(db, "agents");
  for (const of of [...asked, later]) {
    expect(of("a-1")).toBe("а-1");
    expect(of("а-l")).toBe("a-1");
  }
});
