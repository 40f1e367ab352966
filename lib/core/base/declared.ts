/** A value that `sentinel improve` may propose to change: the one in use, and what else is tried in its place. */
export interface Declared<V extends number | string> {
  value: V;
  /** May hold `value` as well, so that a change of it alone does not lose the others. */
  candidates: readonly V[];
  /** Of a number; "" for what has none. */
  unit: string;
  /** What it decides, and why these candidates. */
  reason: string;
}

/** One declared value and another in its place. */
export interface DeclaredChange {
  name: string;
  /** The file with the declaration, from the root of the repository. */
  file: string;
  from: number | string;
  to: number | string;
}

/** A change that a file does not allow; the message is a sentence for people. */
export class UndeclaredChange extends Error {
  override readonly name = "UndeclaredChange";
}

/** What names a change, in settings of operations and in reports. */
export const changeId = ({ name, to }: Pick<DeclaredChange, "name" | "to">): string => `${name}=${to}`;

/** Every change that a table declares, in its order. */
export const changesOf = (
  table: Readonly<Record<string, Declared<number> | Declared<string>>>,
  file: string,
): DeclaredChange[] =>
  Object.entries(table).flatMap(([name, { value, candidates }]) =>
    candidates.filter((to) => to !== value).map((to) => ({ name, file, from: value, to })),
  );

const line = (value: number | string): string => `    value: ${JSON.stringify(value)},`;
const head = (name: string): string => `  ${name}: {`;

/**
 * The text of a declaring file with one value changed. Throws {@link UndeclaredChange} where the file does not hold the declaration
 * exactly once with the value that the change was tried against: then it was tried on other code.
 */
export function applyChange(source: string, { name, file, from, to }: DeclaredChange): string {
  const before = `\n${head(name)}\n${line(from)}\n`;
  const parts = source.split(before);
  if (parts.length !== 2)
    throw new UndeclaredChange(`${file} does not declare ${name} as ${JSON.stringify(from)}, which the change starts from`);
  return parts.join(`\n${head(name)}\n${line(to)}\n`);
} // prettier-ignore

/** The lines by which two texts differ. */
export interface LineDiff {
  /** Counted from 1. */
  line: number;
  before: string;
  after: string;
}

/**
 * What a change does to its file, having made sure that it does nothing else: one line of one declaration, from the one value to the
 * other. Throws {@link UndeclaredChange} for any other difference.
 */
export function onlyChange(before: string, after: string, change: DeclaredChange): LineDiff {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const differ = old.flatMap((text, i) => (text === now[i] ? [] : [i]));
  const [at] = differ;
  const isDeclared =
    old.length === now.length &&
    differ.length === 1 &&
    old[at! - 1] === head(change.name) &&
    old[at!] === line(change.from) &&
    now[at!] === line(change.to);
  if (!isDeclared) throw new UndeclaredChange(`${change.file}: more than the value of ${change.name} would change`);
  return { line: at! + 1, before: old[at!]!, after: now[at!]! };
}
