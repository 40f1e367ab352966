/** A runbook's text (markdown): what it is about, what stands below its front matter, and its sections in order. */
export function readRunbook(text: string): { services: string[]; body: string; sections: Section[] } {
  const { services, body } = frontMatter(text);
  return { services, body, sections: sectionsOf(body) };
}

/** `services: a, b` between the dashes at the beginning says what a runbook is about; other front matter is passed over. */
function frontMatter(text: string): { services: string[]; body: string } {
  const match = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/.exec(text);
  if (!match) return { services: [], body: text };
  const list = /^services:\s*\[?([^\]\n]*)\]?\s*$/m.exec(match[1]!)?.[1] ?? "";
  const services = list.split(",").map((name) => name.trim().replace(/^"(.*)"$|^'(.*)'$/, "$1$2"));
  return { services: services.filter((name) => name !== ""), body: text.slice(match[0].length) };
}

/** A heading's text, without the closing signs that it may have (CommonMark 0.31, 4.2). */
const titleOf = (text: string): string =>
  text
    .trim()
    .replace(/(?<!#)#+$/, "")
    .trim();

/** A part of a runbook, and the headings that it stands under. */
export interface Section {
  level: number;
  headings: string[];
  body: string;
}

/** Splits markdown at its `#` headings; those within fenced code are comments of a shell, not headings. */
function sectionsOf(markdown: string): Section[] {
  const sections: (Section & { lines: string[] })[] = [{ level: 0, headings: [], body: "", lines: [] }];
  let above: string[] = [];
  let fence: string | null = null;
  for (const line of markdown.split(/\r?\n/)) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark && fence === null) fence = mark;
    else if (mark && fence !== null && mark[0] === fence[0] && mark.length >= fence.length) fence = null;
    const heading = fence === null ? /^ {0,3}(#{1,6})\s(.*)$/.exec(line) : null;
    if (heading) {
      const level = heading[1]!.length;
      above = [...above.slice(0, level - 1), titleOf(heading[2]!)];
      sections.push({ level, headings: above, body: "", lines: [] });
    } else sections.at(-1)!.lines.push(line);
  }
  return sections.map(({ level, headings, lines }) => ({
    level,
    headings: headings.filter(Boolean),
    body: lines.join("\n").trim(),
  }));
}
