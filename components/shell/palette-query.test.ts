import { expect, test } from "vitest";
import { readQuery } from "./palette-query";

test.each([
  ["", [], ""],
  ["research-1", [], "research-1"],
  ["re", [], "re"],
  ["quarantine", [], "quarantine"],
  ["quarantine ", ["quarantine"], ""],
  ["Quar  res earch ", ["quarantine"], "res earch"],
  ["re data", ["release", "resume"], "data"],
  ["q data", [], "q data"],
  ["requeue worker", [], "requeue worker"],
])("%j", (text, commands, search) => {
  expect(readQuery(text)).toEqual({ commands, search });
});
