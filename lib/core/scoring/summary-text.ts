/** Heads of a summary's paragraphs, one a line: `Impact: checkout, severity 6 of 10.` */
export const HEADS = {
  impact: "Impact",
  since: "Since",
  cause: "Most likely",
  alternative: "Alternative",
  blind: "Could not read",
  action: "Next",
  status: "Status",
  update: "Next update",
} as const;
export type Head = (typeof HEADS)[keyof typeof HEADS];

/** The text of the paragraph with this head, to the next line that begins with one; null where there is none, or it is empty. */
export function paragraphOf(summary: string, head: Head): string | null {
  const lines = summary.split("\n");
  const from = lines.findIndex((line) => line.startsWith(`${head}: `));
  if (from === -1) return null;
  const rest = lines.slice(from + 1);
  const more = rest.findIndex((line) => /^[A-Z][\w ]{0,60}: /.test(line));
  const text = [lines[from]!.slice(head.length + 2), ...rest.slice(0, more === -1 ? undefined : more)]
    .join("\n")
    .trim();
  return text === "" ? null : text;
}
