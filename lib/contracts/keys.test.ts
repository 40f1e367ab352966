import { expect, test } from "vitest";
import { NewKeyBody } from "./keys";

const problems = (more: object) => {
  const result = NewKeyBody.safeParse({ name: "k", ...more });
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
};

test("a key's identity template is refused by its field, with what is wrong", () => {
  expect(problems({ identity: "{service.name}:{user.email|host.name}" })).toEqual([]);
  expect(problems({ name_prefix: "eu-", identity: "{service.name}" })).toEqual([]);
  expect(problems({ identity: "{prompt}" })).toEqual([expect.stringMatching(/^identity: has an unknown attribute/)]);
  expect(problems({ identity: "{service.name" })).toEqual(["identity: has a { without its }"]);
  expect(problems({ agent_id: "a", identity: "{service.name}" })).toEqual([
    "identity: a key that is bound to one agent needs no identity template",
  ]);
});
