import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crossValidated, type JudgedCause } from "@/lib/core/causes/confidence";
import { type Calibration, calibration } from "@/lib/core/scoring/calibration";
import { nearness } from "@/lib/core/scoring/fits";
import type { CaseResult } from "./result";

const FILE = join("lib", "core", "causes", "confidence-cases.ts");
/** Digits of a confidence that are kept: more than the fit can tell apart. */
const DIGITS = 3;

const SUBJECTS = ["service", "agent"] as const;

/** Unfitted confidences of the first causes of cases, and whether those were right. A case with all its draws and delays is a group. */
function unfitted(results: readonly CaseResult[], of: (typeof SUBJECTS)[number]): (JudgedCause & { group: string })[] {
  return results.flatMap(({ id, trajectory, truth }) => {
    const first = trajectory.opened?.causes[0];
    if (trajectory.subjectKind !== of || first?.raw === undefined) return [];
    const right = nearness(first, truth) === "right";
    return [{ confidence: first.raw, right, kind: first.kind, group: id.replace(/(?:-draw-\d+)?(?:-late-\d+)?$/, "") }];
  });
}

/** Writes what live confidences are fitted on, and says how good such a fit is on cases that it has not seen. */
export async function writeFit(results: readonly CaseResult[]): Promise<string> {
  const judged = SUBJECTS.map((of) => ({ of, causes: unfitted(results, of) }));
  const rows = (causes: readonly JudgedCause[]) =>
    causes
      .map(({ confidence, right, kind }) => `[${Number(confidence.toFixed(DIGITS))}, ${right ? 1 : 0}, "${kind}"]`)
      .toSorted()
      .join(", ");
  await writeFile(FILE, `${HEAD}${judged.map(({ of, causes }) => `  ${of}: [${rows(causes)}],\n`).join("")}};\n`);
  const told = ({ ece, skill }: Calibration) =>
    `calibration error ${ece?.toFixed(3) ?? "–"}, Brier skill ${skill?.toFixed(3) ?? "–"}`;
  const before = judged.flatMap(({ causes }) => causes);
  const after = judged.flatMap(({ causes }) => crossValidated(causes));
  return `${before.length} confidences: unfitted ${told(calibration(before))}; fitted, cross-validated by case ${told(calibration(after))}`;
}

const HEAD = `/**
 * Confidences that the analyses gave to first causes of played cases of the dev set, whether they were right (1) or not (0), and their kinds. Written by
 * \`sentinel eval --write-fit\`; see docs/detection.md.
 */
// prettier-ignore
export const CONFIDENCE_CASES: Record<"service" | "agent", readonly (readonly [confidence: number, right: 0 | 1, kind: string])[]> = {
`;
