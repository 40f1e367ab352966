/** Scripts that people mix up with Latin, by the name that Unicode gives them. */
const SCRIPTS = [
  ["Latin", /\p{Script=Latin}/u],
  ["Cyrillic", /\p{Script=Cyrillic}/u],
  ["Greek", /\p{Script=Greek}/u],
  ["Armenian", /\p{Script=Armenian}/u],
  ["Cherokee", /\p{Script=Cherokee}/u],
  ["Hebrew", /\p{Script=Hebrew}/u],
  ["Arabic", /\p{Script=Arabic}/u],
  ["Han", /\p{Script=Han}/u],
] as const;

/** A character for people who cannot see what it is: `“а” (Cyrillic, U+0430)`. Undefined is the end of a name. */
function described(character: string | undefined): string {
  if (character === undefined) return "the end of the name";
  const code = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
  if (/[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u.test(character)) return `an invisible character (${code})`;
  const script = SCRIPTS.find(([, pattern]) => pattern.test(character))?.[0];
  return `“${character}” (${script ? `${script}, ` : ""}${code})`;
}

/** The first place at which two names differ, as it is in each of them. */
export function firstDifference(one: string, other: string): [here: string, there: string] {
  const [mine, theirs] = [Array.from(one), Array.from(other)];
  let at = 0;
  while (at < mine.length && mine[at] === theirs[at]) at += 1;
  return [described(mine[at]), described(theirs[at])];
}
