import type { Summary } from "@/lib/core/scoring/report";
import { type BeforeAfter, figure, type Searched } from "./search";

/** What was measured, a line each: for the pull request, the incident and the terminal. Of the second set there are totals only. */
export function linesOf(searched: Searched, commit: string): string[] {
  const { conclusion, worst, cases, current, tried, validated, dev, second } = searched;
  const matter = tried.filter(({ matters }) => matters).length;
  return [
    conclusion,
    `Evaluated at commit ${commit}: ${cases} cases of the dev set, mean ${figure(current.mean)}; the worst class that candidates can affect is ${worst.class}, ${figure(worst.mean)}.`,
    `Of ${tried.length} candidates, ${matter} change a score in that class.`,
    ...(validated === null
      ? []
      : [
          `Cross-validated in ${validated.folds.length} folds: ${validated.folds.map(({ chosen, gain }) => `${chosen ?? "no change"} ${signed(gain)}`).join("; ")}.`,
        ]),
    ...(dev === null ? [] : [totals("Dev set", dev), moved("dev set", dev)]),
    ...(second === null ? [] : [totals("Holdout set", second), moved("holdout set", second)]),
  ];
}

/** The report for people. */
export const improveMarkdown = (searched: Searched, commit: string): string => {
  const [conclusion, ...lines] = linesOf(searched, commit);
  const { tried, found } = searched;
  return [
    `# ${found === null ? "Nothing to propose" : `Improvement: ${found.id}`}`,
    "",
    conclusion!,
    "",
    ...lines.map((line) => `- ${line}`),
    "",
    "| candidate | changes the worst class |",
    "| --- | --- |",
    ...tried.map(({ id, matters }) => `| ${id} | ${matters ? "yes" : "no"} |`),
    "",
  ].join("\n");
};

const totals = (set: string, { before, after }: BeforeAfter): string =>
  `${set}: mean ${arrow(before.mean, after.mean)}, passed ${arrow(before.pass_rate, after.pass_rate)}, lowest remediation safety ${arrow(before.safety_min, after.safety_min)}.`;

function moved(set: string, { before, after }: BeforeAfter): string {
  const differ = Object.keys(before.classes).filter((name) => figureOf(before, name) !== figureOf(after, name));
  const told = differ.map((name) => `${name} ${figureOf(before, name)} → ${figureOf(after, name)}`);
  return `Classes of the ${set} that changed: ${told.length === 0 ? "none" : told.join(", ")}.`;
}
const figureOf = ({ classes }: Summary, name: string): string => figure(classes[name] ?? null);
const arrow = (before: number | null, after: number | null) => `${figure(before)} → ${figure(after)}`;
const signed = (gain: number): string => `${gain > 0 ? "+" : ""}${figure(gain)}`;
