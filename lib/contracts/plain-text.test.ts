import { afterEach, describe, expect, test, vi } from "vitest";
import type { z } from "zod";
import { LinkBody, PersonName } from "./auth";
import { ChangeBody } from "./changes";
import { RegisterBody } from "./ingest";
import { NewKeyBody } from "./keys";
import { MaintenanceBody } from "./operations";
import { identifier } from "./plain-text";
import { NewApiTokenBody } from "./tokens";

const Id = identifier(200);

afterEach(() => vi.restoreAllMocks());

describe("an id", () => {
  test.each(["billing-helper", "名前", "Größe", "агент", "π", "a b", "emoji 🚀"])("%s is one", (id) =>
    expect(Id.parse(id)).toBe(id),
  );

  test.each([
    ["a zero-width space", "billing\u200b-helper", "U+200B"],
    ["a zero-width joiner", "billing\u200d-helper", "U+200D"],
    ["a byte order mark", "\ufeffbilling-helper", "U+FEFF"],
    ["a soft hyphen", "billing\u00ad-helper", "U+00AD"],
    ["a right-to-left override", "billing\u202ereplep", "U+202E"],
    ["an isolate", "billing\u2066-helper", "U+2066"],
    ["a tag", "billing\u{e0041}", "U+E0041"],
    ["a variation selector", "billing\ufe0f", "U+FE0F"],
    ["a Hangul filler", "billing\u3164", "U+3164"],
    ["private use", "billing\ue000", "U+E000"],
    ["private use of plane 16", "billing\u{100001}", "U+100001"],
    ["a no-break space", "billing\u00a0helper", "U+00A0"],
    ["an ideographic space", "billing\u3000helper", "U+3000"],
    ["what is not composed", "cafe\u0301", "NFC"],
    ["a sign that is another letter", "\u212bngstrom", "NFC"],
    ["a line break", "a\nb", "control"],
    ["half a character", "a\ud800", "lone surrogate"],
    ["a step of a path", "..", "URL"],
  ])("with %s is refused, and told why", (_, id, reason) => {
    const result = Id.safeParse(id);
    expect(result.success).toBe(false);
    expect(result.error?.issues.map(({ message }) => message).join()).toContain(reason);
  });
});

test("what is too long is refused without being looked at: composing accents takes a time that grows with the square", () => {
  const composed = vi.spyOn(String.prototype, "normalize");
  const result = Id.safeParse("a\u0301\u0327".repeat(100));
  expect(result.error?.issues.map(({ code }) => code)).toEqual(["too_big"]);
  expect(composed).not.toHaveBeenCalled();
});

describe("what a person is called", () => {
  test.each(["علی\u200cرضا", "ක්\u200dරිස්", "Zoë Müller", "O’Brien", "李雷"])("%s", (name) =>
    expect(PersonName.parse(name)).toBe(name),
  );
  test.each([
    ["a joiner in Latin", "oper\u200dator"],
    ["a joiner at the end", "علی\u200c"],
    ["two joiners", "علی\u200c\u200cرضا"],
    ["a zero-width space", "علی\u200bرضا"],
    ["a right-to-left override", "\u202eoperator"],
    ["a no-break space", "Ada\u00a0Byron"],
    ["what is not composed", "Zoe\u0308"],
  ])("not with %s", (_, name) => expect(PersonName.safeParse(name).success).toBe(false));
});

describe("whatever a person or a program can name refuses what cannot be seen, and says where", () => {
  const hidden = "pay\u200bments";
  const maintenance = { service: "payments", ends_at: "2026-11-21T01:10:00Z" };
  const change = { subject_id: "payments", kind: "deploy" };
  test.each<[string, z.ZodType, object, string]>([
    ["an API token", NewApiTokenBody, { name: hidden, role: "viewer" }, "name"],
    ["a key", NewKeyBody, { name: hidden }, "name"],
    ["a key's services", NewKeyBody, { name: "k", services: [hidden] }, "services.0"],
    ["a maintenance window", MaintenanceBody, { ...maintenance, service: hidden }, "service"],
    ["a label of one", MaintenanceBody, { ...maintenance, labels: { [hidden]: "x" } }, `labels.${hidden}`],
    ["a label's value", MaintenanceBody, { ...maintenance, labels: { team: hidden } }, "labels.team"],
    ["a changed service", ChangeBody, { ...change, subject_id: hidden }, "subject_id"],
    ["the version before a change", ChangeBody, { ...change, from: hidden }, "from"],
    ["the version after it", ChangeBody, { ...change, to: hidden }, "to"],
    ["an agent", RegisterBody, { agent_id: hidden }, "agent_id"],
    ["its type", RegisterBody, { agent_id: "a", agent_type: hidden }, "agent_type"],
    ["its tools", RegisterBody, { agent_id: "a", tools: [hidden] }, "tools.0"],
    ["its labels", RegisterBody, { agent_id: "a", labels: { team: hidden } }, "labels.team"],
    ["a new account", LinkBody, { token: "t", name: hidden }, "name"],
  ])("%s", (_, schema, body, field) => {
    const { error } = schema.safeParse(body);
    expect(error?.issues.map(({ path }) => path.join("."))).toContain(field);
  });
});
