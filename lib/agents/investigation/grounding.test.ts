import { expect, test } from "vitest";
import type { Finding } from "@/lib/core/evidence/bundle";
import { groundClaims } from "./grounding";

const findings: Finding[] = [{ id: "m1", kind: "metric_shift", node: "payments", text: "latency of payments rose from 0.1 to 1.8 s", strength: 1 }]; // prettier-ignore
const why = (text: string, cites: string[] = ["m1"], verdict: "fault" | "no_fault" = "fault") =>
  groundClaims([{ text, cites }], { findings, verdict }, "openai/x").removed[0]?.why ?? null;

test("a careful sentence that cites what it says stands", () => {
  expect(why("The latency of payments rose to 1.8 s, which coincides with the alert.")).toBeNull();
});

test.each([
  ["cites no evidence", "Latency rose.", []],
  ["cites what does not exist", "Latency rose.", ["m9"]],
  ["names what its finding does not", "Latency of payments-db rose.", ["m1"]],
  ["says another number", "Latency rose to 7 s.", ["m1"]],
  ["is too sure", "The slowness was caused by payments.", ["m1"]],
  ["claims a cure", "Latency is fixed.", ["m1"]],
  ["denies the fault", "This is a false alarm.", ["m1"]],
  ["denies it otherwise", "Nothing is wrong with payments.", ["m1"]],
  ["closes the incident", "The incident can be closed.", ["m1"]],
  ["goes on and on", "latency ".repeat(100), ["m1"]],
])("a sentence that %s is removed, with the reason and whose it was", (_, text, cites) => {
  const { kept, removed } = groundClaims([{ text, cites }], { findings, verdict: "fault" }, "openai/x");
  expect(kept).toEqual([]);
  expect(removed).toEqual([{ text: text.slice(0, 400), why: expect.any(String), author: "openai/x" }]);
});

test("where no fault was measured it may be said", () => {
  expect(why("Nothing is wrong with payments.", ["m1"], "no_fault")).toBeNull();
});
