import { expect, it } from "vitest";
import { actTitle } from "./act-title";

it.each([
  ["Restart", "api", "Restart on api"],
  ["Restart the target", "target", "Restart the target"],
  ["Restart Target", "target", "Restart Target"],
  ["Restart the targets", "target", "Restart the targets on target"],
  ["Restart api-gateway", "api", "Restart api-gateway on api"],
  ["Restart api.", "api", "Restart api."],
  ["Restart x.api", "api", "Restart x.api on api"],
  ["Scale a+b", "a+b", "Scale a+b"],
  ["Scale aab", "a+b", "Scale aab on a+b"],
])("%s, %s: %s", (act, subject, title) => expect(actTitle(act, subject)).toBe(title));
