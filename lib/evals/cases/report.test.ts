import { expect, test } from "vitest";
import { CaseReport, EvalReport } from "@/lib/contracts/evals";
import { frozenReportOf, reportOf } from "./report";

/** What plays a run knows more of it than its report tells. */
const RUN = { set: "dev", seconds: 1, commit: "abc1234", keys: [], played: [], workers: 2, repeat: 1 } as const;

test("a report holds what its contract names, and nothing else of the run", () => {
  const report = reportOf([], RUN);
  expect(EvalReport.strict().parse(report)).toEqual(report);
});

test("so does one of frozen cases", () => {
  const report = frozenReportOf([], RUN);
  expect(CaseReport.strict().parse(report)).toEqual(report);
});
