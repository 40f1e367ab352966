import type { ChangedFile } from "./diff-text";

/** `@@ -12,5 +12,7 @@ function name`; a count that is left out is 1. */
const HUNK = /^@@ -\d{1,9}(?:,(\d{1,9}))? \+\d{1,9}(?:,(\d{1,9}))? @@/;
const GIT = "diff --git ";
const NO_FILE = "/dev/null";

/**
 * The files of a unified diff, as `git diff`, `git show` and `diff -u` write them, each once, with its hunks; one without hunks (binary,
 * renamed) has no patch. Hunks before any heading belong to the file `unnamed`, or to none. What is neither a heading nor within a hunk is
 * passed over, and so are combined diffs of merges (`@@@`). Hunks are followed by their counts, so that a removed line that looks like a
 * heading (`--- a comment`) is none.
 */
export function changedFiles(diff: string, unnamed?: string): ChangedFile[] {
  const files = new Map<string, string[]>();
  let name = unnamed;
  let from: string | null = null;
  let left = { removed: 0, added: 0 };
  const begin = (file: string) => {
    name = file;
    if (!files.has(file)) files.set(file, []);
  };
  for (const raw of diff.split("\n")) {
    const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    const sign = line[0] ?? " ";
    const isWithin = (left.removed > 0 && "- ".includes(sign)) || (left.added > 0 && "+ ".includes(sign));
    if (isWithin && name !== undefined) {
      files.get(name)!.push(line);
      if (sign !== "+") left.removed--;
      if (sign !== "-") left.added--;
      continue;
    }
    const hunk = HUNK.exec(line);
    if (hunk !== null && name !== undefined) {
      begin(name);
      files.get(name)!.push(line);
      left = { removed: Number(hunk[1] ?? 1), added: Number(hunk[2] ?? 1) };
    } else if (line.startsWith(GIT)) {
      const file = sameName(line.slice(GIT.length));
      if (file !== null) begin(file);
    } else if (line.startsWith("rename to ")) begin(plain(line.slice("rename to ".length)));
    else if (line.startsWith("--- ")) from = plain(line.slice(4));
    else if (line.startsWith("+++ ") && from !== null) {
      const to = plain(line.slice(4));
      begin(
        to === NO_FILE
          ? from.replace(/^a\//, "")
          : from === NO_FILE || from.startsWith("a/")
            ? to.replace(/^b\//, "")
            : to,
      );
      from = null;
    }
  }
  return [...files].map(([filename, lines]) =>
    lines.length > 0 ? { filename, patch: lines.join("\n") } : { filename },
  );
}

/** The file of `a/x b/x`, which is that of a heading with the same name twice; null where the names differ, which are told by later lines. */
function sameName(names: string): string | null {
  const half = (names.length - 1) / 2;
  const [before, after] = [plain(names.slice(0, half)), plain(names.slice(half + 1))];
  return before.replace(/^a\//, "") === after.replace(/^b\//, "") ? after.replace(/^b\//, "") : null;
}

/** Without the time that `diff -u` sets after a tab, and the quotation marks that git sets about unusual names. */
const plain = (name: string): string => name.split("\t", 1)[0]!.replace(/^"/, "").replace(/"$/, "");
