import { expect, test } from "vitest";
import { fillIdentity, IDENTITY_CHARS, type IdentityTemplate, parseIdentity } from "./identity-template";

const SENT: Record<string, string> = { "service.name": "claude-code", "host.name": "ada-mbp", "team.name": "red" };
const fill = (template: string) =>
  fillIdentity(parseIdentity(template) as IdentityTemplate, (name) => SENT[name] ?? null);

test.each([
  ["{service.name}", "claude-code"],
  ["{service.name}:{user.email|host.name}:{vcs.repository.name}", "claude-code:ada-mbp"],
  ["{user.email}:{host.name}", "ada-mbp"],
  ["prod-{service.name}@{team|team.name}!".replace("!", " x"), "prod-claude-code@red x"],
  ["eu {user.email}-{service.name}", "claude-code"],
  ["{user.email}:{vcs.repository.name}", null],
])("%s gives %s", (template, id) => {
  expect(fill(template)).toBe(id);
});

test.each([
  ["", /needs a placeholder/],
  ["all-of-them", /needs a placeholder/],
  ["{service.name", /\{ without its \}/],
  ["{service.name{host.name}}", /\{ without its \}/],
  ["service.name}", /\} without its \{/],
  ["{}", /unknown attribute in \{\}/],
  ["{service.name|}", /unknown attribute/],
  ["{gen_ai.input.messages}", /unknown attribute in \{gen_ai\.input\.messages\}; known: service\.name/],
  ["{ service.name }", /unknown attribute/],
  ["{service.name}/{host.name}", /may hold letters/],
  ["{service.name}\u0000", /may hold letters/],
  ["{host.name}".repeat(7), /at most 6 placeholders/],
  [`{${Array(7).fill("team").join("|")}}`, /at most 6 attributes/],
  ["{".repeat(IDENTITY_CHARS + 1), /at most 200 characters/],
])("%j is refused", (template, why) => {
  expect(parseIdentity(template)).toMatch(why);
});
