import type { Line } from "./table";

/** One measurement, carried out: its lines, or why it failed. */
export interface Carried {
  name: string;
  seconds: number;
  lines: Line[] | { failed: string };
}

/** Carries out measurements one after another. One that throws is kept as failed, and the others go on. */
export async function carryOut(
  measurements: Readonly<Record<string, () => Promise<Line[]>>>,
  onDone: (one: Carried) => void,
): Promise<Carried[]> {
  const all: Carried[] = [];
  for (const [name, measure] of Object.entries(measurements)) {
    const began = performance.now();
    const lines = await measure().catch((error: unknown) => ({
      failed: error instanceof Error ? error.message : String(error),
    }));
    const one = { name, seconds: (performance.now() - began) / 1_000, lines };
    onDone(one);
    all.push(one);
  }
  return all;
}

/** All of it as one Markdown table; seconds stand at the first line of each measurement. */
export function markdownTable(all: readonly Carried[]): string {
  const rows = all.flatMap(({ name, seconds, lines }) => {
    const took = (i: number) => (i === 0 ? seconds.toFixed(0) : "");
    if (!Array.isArray(lines)) return [[name, "", `**failed**: ${lines.failed}`, "", "", took(0)]];
    return lines.map(({ what, target, measured, met, leaveOneOut, published }, i) => [
      `${name}: ${what}`,
      target,
      met === false ? `**missed**: ${measured}` : measured,
      leaveOneOut ?? "–",
      published ?? "–",
      took(i),
    ]);
  });
  const head = ["what", "target", "measured", "leave one out", "published", "seconds"];
  const row = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll(/\s+/g, " ")).join(" | ")} |`; // prettier-ignore
  return [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
}
