import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { StreamMessage } from "@/lib/contracts/overview";
import { STALE_LISTS, staleAfter } from "./stale";

const message = (about: Partial<StreamMessage>): StreamMessage => ({
  seq: 1,
  at: 0,
  type: "agent.quarantined",
  agent_id: null,
  service_id: null,
  incident_id: null,
  text: "",
  data: {},
  ...about,
});

const stale = (about: StreamMessage) => staleAfter(about.type, about);

test("every declared event says which lists it makes out of date", () => {
  const declared = readFileSync("lib/core/base/events.ts", "utf8").matchAll(/^  "([a-z_]+\.[a-z_]+)":/gm);
  expect(Object.keys(STALE_LISTS)).toEqual([...declared].map(([, type]) => type));
});

test("a message about an agent leaves other agents alone", () => {
  const keys = stale(message({ agent_id: "a" }));
  expect(keys).toContainEqual(["agent", "a"]);
  expect(keys).not.toContainEqual(["agent"]);
  expect(keys).not.toContainEqual(["incidents"]);
});

test("a message about nobody is about the settings", () => {
  expect(stale(message({ type: "settings.changed" }))).toContainEqual(["settings"]);
});

test("an event of an incident makes its own screens and the lists that show it out of date, and no other incident", () => {
  const keys = stale(message({ type: "action.judged", service_id: "api", incident_id: "i" }));
  expect(keys).toEqual(
    expect.arrayContaining([["overview"], ["incidents"], ["healing"], ["memory"], ["incident", "i"], ["story", "i"]]),
  );
  expect(keys).not.toContainEqual(["incident"]);
  expect(keys).not.toContainEqual(["settings"]);
});

test("where the subject is not known, every one is meant", () => {
  expect(staleAfter("approval.approved", {})).toEqual(expect.arrayContaining([["agent"], ["service"], ["incident"]]));
});

test("an event that only a newer server knows makes everything out of date that it could concern", () => {
  const keys = stale(message({ type: "incident.reopened", incident_id: "i" }));
  expect(keys).toEqual(expect.arrayContaining([["incidents"], ["agents"], ["services"], ["incident", "i"]]));
});
