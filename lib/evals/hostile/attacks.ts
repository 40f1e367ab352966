import { type AST, RegExpParser } from "@eslint-community/regexpp";

/** Characters from which one of each kind that the pattern tells apart is taken, and some that most patterns do not know. */
const ALPHABET = [
  ...Array.from({ length: 127 }, (_, i) => String.fromCharCode(i)).filter((c) => c >= " " || c === "\n" || c === "\t"),
  "é",
  "я",
  "中",
  "\u200b",
];
/** Different beginnings of a pattern that are tried; alternatives beyond them differ in letters, not in shape. */
const MAX_SAMPLES = 12;

/**
 * Makers of texts that are meant to make a pattern work hard, derived from the pattern itself: for every repetition in it, what
 * stands before it followed by a long run of what it repeats; the same again and again; and both with an end that does not fit
 * (the polynomial and exponential shapes of Weideman et al. 2016 and Davis et al. 2018). Each maker takes the length.
 */
export function attacksOn(pattern: RegExp, most: number): ((length: number) => string)[] {
  const tree = new RegExpParser({ ecmaVersion: 2024 }).parsePattern(pattern.source, undefined, undefined, {
    unicode: pattern.unicode,
  });
  const letters = kindsOf(tree, pattern.flags);
  const found: { prefix: string; pump: string; min: number }[] = [];
  pumps(tree.alternatives, [""], found, pattern.flags, letters);
  const makers: [string, (length: number) => string][] = [];
  const add = (name: string, make: (length: number) => string) => makers.push([name, make]);
  const fill = (part: string, length: number) => part.repeat(Math.ceil(length / part.length)).slice(0, length);
  for (const { prefix, pump, min } of found) {
    if (pump === "") continue;
    add(`1 ${prefix} ${pump}`, (n) => prefix + fill(pump, n));
    add(`2 ${prefix} ${pump}`, (n) => fill(prefix + pump, n));
    const few = pump.repeat(Math.min(Math.max(min, 1), 40));
    add(`3 ${prefix} ${few}`, (n) => fill(prefix + few, n));
    add(`4 ${prefix} ${pump}`, (n) => `${fill(prefix + few, n / 2)}${fill(pump, n / 2)}`);
    for (const joint of [" ", "-", "\n", ".", ","])
      add(`5${joint} ${prefix} ${few}`, (n) => fill(joint + prefix + few, n));
    add(`6 ${prefix} ${pump}`, (n) => fill(prefix + fill(pump, Math.ceil(n / 8)) + "\n", n));
  }
  for (const one of letters) {
    add(`7 ${one}`, (n) => fill(one, n));
    for (const other of letters.slice(0, 12)) if (other !== one) add(`8 ${one}${other}`, (n) => fill(one + other, n));
  }
  const unique = [...new Map(makers).values()];
  const stride = Math.max(1, unique.length / most);
  return Array.from({ length: Math.min(unique.length, most) }, (_, i) => unique[Math.floor(i * stride)]!);
}

/** One character of each kind that the pattern's classes tell apart. */
function kindsOf(tree: AST.Pattern, flags: string): string[] {
  const classes: RegExp[] = [];
  const literals = new Set<string>();
  visit(tree.alternatives, (node) => {
    if (node.type === "Character") literals.add(String.fromCodePoint(node.value));
    if (node.type === "CharacterClass" || node.type === "CharacterSet")
      classes.push(new RegExp(`^(?:${node.raw})$`, flags.replaceAll(/[gym]/g, "")));
  });
  const kinds = new Map<string, string>();
  for (const char of [...literals].slice(0, MAX_SAMPLES)) kinds.set(`literal ${char}`, char);
  for (const char of ALPHABET) {
    const kind = classes.map((one) => Number(one.test(char))).join("") + (/\w/.test(char) ? "w" : "");
    if (!kinds.has(kind)) kinds.set(kind, char);
  }
  return [...kinds.values()].slice(0, 24);
}

function visit(list: readonly AST.Alternative[], see: (node: AST.Element) => void): void {
  for (const { elements } of list)
    for (const element of elements) {
      see(element);
      if (element.type === "Quantifier") visit([{ elements: [element.element] } as unknown as AST.Alternative], see);
      else if ("alternatives" in element) visit(element.alternatives, see);
    }
}

/** Adds what each repetition repeats, with the texts that lead to it, and gives back texts that match the whole. */
function pumps(
  list: readonly AST.Alternative[],
  before: readonly string[],
  found: { prefix: string; pump: string; min: number }[],
  flags: string,
  letters: readonly string[],
): string[] {
  return list.flatMap(({ elements }) => {
    let leading = [...before];
    for (const element of elements) {
      if (element.type === "Quantifier" && element.max > 1) {
        const inner = samples(element.element, flags, letters);
        for (const prefix of leading.slice(0, MAX_SAMPLES))
          for (const pump of inner.slice(0, MAX_SAMPLES)) found.push({ prefix, pump, min: element.min });
      }
      if (element.type === "Group" || element.type === "CapturingGroup")
        leading = pumps(element.alternatives, leading, found, flags, letters);
      else if (element.type === "Quantifier" && "alternatives" in element.element)
        leading =
          element.max === 0
            ? leading
            : [
                ...new Set([
                  ...(element.min === 0 ? leading : []),
                  ...pumps(element.element.alternatives, leading, found, flags, letters).map((text) => text),
                ]),
              ];
      else leading = joined(leading, samples(element, flags, letters).slice(0, 2));
      leading = spread(leading);
    }
    return leading;
  });
}

const joined = (fronts: readonly string[], backs: readonly string[]) =>
  backs.length === 0 ? [...fronts] : fronts.flatMap((front) => backs.map((back) => front + back));
const spread = (list: string[]) => {
  const unique = [...new Set(list)];
  const stride = Math.max(1, unique.length / MAX_SAMPLES);
  return Array.from({ length: Math.min(unique.length, MAX_SAMPLES) }, (_, i) => unique[Math.floor(i * stride)]!);
};

/** Texts that an element matches; an assertion matches nothing of its own. */
function samples(node: AST.Element, flags: string, letters: readonly string[]): string[] {
  switch (node.type) {
    case "Character":
      return [String.fromCodePoint(node.value)];
    case "CharacterSet":
    case "CharacterClass":
    case "ExpressionCharacterClass": {
      const one = new RegExp(`^(?:${node.raw})$`, flags.replaceAll(/[gym]/g, ""));
      const fitting = letters.filter((char) => one.test(char));
      return fitting.length > 0 ? fitting : ALPHABET.filter((char) => one.test(char)).slice(0, 1);
    }
    case "Group":
    case "CapturingGroup":
      return spread(
        node.alternatives.flatMap(({ elements }) =>
          elements.reduce<string[]>(
            (texts, element) => spread(joined(texts, samples(element, flags, letters).slice(0, 3))),
            [""],
          ),
        ),
      );
    case "Quantifier": {
      const inner = samples(node.element, flags, letters);
      const times = Math.min(Math.max(node.min, 1), 40);
      return inner.map((text) => text.repeat(times));
    }
    case "Assertion":
    case "Backreference":
      return [""];
  }
}
