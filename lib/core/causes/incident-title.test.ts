import { expect, it } from "vitest";
import { incidentTitle } from "./incident-title";

const TITLE = "checkout: Resident memory above 400 MB";
it.each<[string, Omit<Parameters<typeof incidentTitle>[0], "title">, string]>([
  ["nothing is known yet", { causeNode: null, causeKind: null, confidence: null }, TITLE],
  ["no cause is supported", { causeNode: null, causeKind: "unknown", confidence: 0.9 }, TITLE],
  ["no fault was found", { causeNode: "checkout", causeKind: "no_fault", confidence: 0.9 }, TITLE],
  ["a cause is less likely than not", { causeNode: "checkout", causeKind: "overload", confidence: 0.49 }, TITLE],
  ["it is as likely", { causeNode: "checkout", causeKind: "overload", confidence: 0.5 }, "Overload of checkout: Resident memory above 400 MB"], // prettier-ignore
  ["it lies elsewhere", { causeNode: "ledger", causeKind: "silent", confidence: 0.8 }, `ledger does not respond: ${TITLE}`], // prettier-ignore
])("is called by what raised it or by its cause: %s", (_, cause, expected) =>
  expect(incidentTitle({ title: TITLE, ...cause })).toBe(expected),
);
