/** One line of a measurement: what, how good it has to be, how good it was. */
export interface Line {
  what: string;
  target: string;
  measured: string;
  /** Null: reported only. */
  met: boolean | null;
  /** The same figure where each system, model or family was judged by what was learned on the others. */
  leaveOneOut?: string;
  /** The best figure that others have published for it, and whose it is. */
  published?: string;
}

/** Lines as a text table. */
export function table(lines: readonly Line[]): string {
  const rows = [
    ["what", "target", "measured", "leave one out", "published", ""],
    ...lines.map((l) => [
      l.what,
      l.target,
      l.measured,
      l.leaveOneOut ?? "",
      l.published ?? "",
      l.met === null ? "reported" : l.met ? "met" : "MISSED",
    ]),
  ];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((r) => r[i]!.length)));
  return rows
    .map((r) =>
      r
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Value below which a share `p` of the list lies; null stands for never. */
export function quantile(values: readonly (number | null)[], p: number): number | null {
  const sorted = values.map((v) => v ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  const at = sorted[Math.min(Math.floor(p * sorted.length), sorted.length - 1)];
  return at === undefined || at === Number.POSITIVE_INFINITY ? null : at;
}

export const shareWithin = (values: readonly (number | null)[], limit: number) =>
  values.filter((v) => v !== null && v <= limit).length / values.length;
