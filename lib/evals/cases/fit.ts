import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crossValidated, type Forecast } from "@/lib/core/base/isotonic";
import { calibration } from "@/lib/core/scoring/calibration";
import { nearness } from "@/lib/core/scoring/fits";
import type { CaseResult } from "./result";

const FILE = join("lib", "core", "causes", "confidence-cases.ts");
/** Digits of a confidence that are kept: more than the fit can tell apart. */
const DIGITS = 3;

/** Unfitted confidences of the first causes of services' cases, and whether those were right. A case is a group, however late its alert came. */
function unfitted(results: readonly CaseResult[]): (Forecast & { group: string })[] {
  return results.flatMap(({ id, trajectory, truth }) => {
    const first = trajectory.opened?.causes[0];
    return first?.raw === undefined
      ? []
      : [{ confidence: first.raw, right: nearness(first, truth) === "right", group: id.replace(/-late-\d+$/, "") }];
  });
}

/** Writes what live confidences are fitted on, and says how good such a fit is on cases that it has not seen. */
export async function writeFit(results: readonly CaseResult[]): Promise<string> {
  const forecasts = unfitted(results);
  const rows = forecasts
    .map(({ confidence, right }) => `[${Number(confidence.toFixed(DIGITS))}, ${right ? 1 : 0}]`)
    .toSorted();
  await writeFile(
    FILE,
    `/**
 * Confidences that the analysis gave to first causes of played cases of the dev set, and whether they were right (1) or not (0). Written by
 * \`sentinel eval --write-fit\`; see docs/detection.md.
 */
// prettier-ignore
export const CONFIDENCE_CASES: readonly (readonly [confidence: number, right: 0 | 1])[] = [
  ${rows.join(", ")},
];
`,
  );
  const [before, after] = [calibration(forecasts), calibration(crossValidated(forecasts))];
  const told = ({ ece, skill }: typeof before) => `calibration error ${ece?.toFixed(3) ?? "–"}, Brier skill ${skill?.toFixed(3) ?? "–"}`; // prettier-ignore
  return `${forecasts.length} confidences: unfitted ${told(before)}; fitted, cross-validated by case ${told(after)}`;
}
