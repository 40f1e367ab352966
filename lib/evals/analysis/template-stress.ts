/** A line, and the event and template that it truly has. */
export interface Told {
  content: string;
  event: string;
  template: string;
}

/** A change of a system's lines that leaves their true groups what they are. */
export interface Stress {
  what: string;
  change: (told: readonly Told[], seed: number) => Told[];
}

/** Values of kinds that no mask knows. */
const RARE = [
  "null", "none", "unknown", "(none)", "not available", "<unset>", "the old one", "foo(bar)", "self", "Infinity", "[]", "", "a::b",
  "n/a", "key=value", "x y (z)",
]; // prettier-ignore
/** Events of so many lines get one rare value. */
const FREQUENT = 20;
/** Share of words that get a digit. */
const NUMBERED = 0.15;
/** Written units and dates are the same in every system. */
const WRITTEN = new Set(
  (
    "b k m g t kb mb gb tb kib mib gib tib byte bytes bit bits ns us ms s sec secs second seconds min mins minute minutes h hr hrs hour " +
    "hours d day days hz khz mhz ghz mon tue wed thu fri sat sun jan feb mar apr may jun jul aug sep oct nov dec am pm utc gmt"
  ).split(" "),
);
const PLAIN_WORD = /(?<=^|\s)[A-Za-z]{3,}(?=\s|$)/g;

export const STRESSES: readonly Stress[] = [
  { what: "words renamed", change: renamed },
  { what: "one rare value in each frequent event", change: withRareValues },
  { what: `digits in ${100 * NUMBERED} % of the words`, change: withDigits },
];

/** Letters exchanged for others, the same throughout. */
function renamed(told: readonly Told[], seed: number): Told[] {
  const random = randomOf(seed);
  const to = Array.from("abcdefghijklmnopqrstuvwxyz", (letter) => ({ letter, key: random() }));
  const letters = to.toSorted((a, b) => a.key - b.key).map(({ letter }) => letter);
  const swap = (char: string) => {
    const letter = letters[char.toLowerCase().charCodeAt(0) - 97]!;
    return char === char.toLowerCase() ? letter : letter.toUpperCase();
  };
  const word = (text: string) => (WRITTEN.has(text.toLowerCase()) ? text : text.replace(/[a-z]/gi, swap));
  return told.map((one) => ({ ...one, content: one.content.replace(/[a-z]+/gi, word) }));
}

function withRareValues(told: readonly Told[], seed: number): Told[] {
  const random = randomOf(seed);
  const out = [...told];
  const byEvent = new Map<string, number[]>();
  for (const [i, { event }] of told.entries()) byEvent.set(event, [...(byEvent.get(event) ?? []), i]);
  for (const lines of byEvent.values()) {
    if (lines.length < FREQUENT) continue;
    const at = lines[Math.floor(random() * lines.length)]!;
    const values = valuesOf(told[at]!);
    if (values === null) continue;
    values[Math.floor(random() * values.length)] = RARE[Math.floor(random() * RARE.length)]!;
    out[at] = { ...told[at]!, content: filled(told[at]!.template, values) };
  }
  return out;
}

function withDigits(told: readonly Told[], seed: number): Told[] {
  const random = randomOf(seed);
  const words = new Map<string, string>();
  for (const { template } of told)
    for (const [word] of template.matchAll(PLAIN_WORD))
      if (!words.has(word)) words.set(word, random() < NUMBERED ? word + Math.floor(random() * 10) : word);
  return told.map((one) => {
    const values = valuesOf(one);
    if (values === null && one.template.includes("<*>")) return one;
    const template = one.template.replace(PLAIN_WORD, (word) => words.get(word) ?? word);
    return { ...one, content: filled(template, values ?? []) };
  });
}

/** What stands in a line where its template has wildcards; null where it has none or they do not fit. */
function valuesOf({ content, template }: Told): string[] | null {
  const parts = template.split("<*>");
  if (parts.length < 2) return null;
  const pattern = parts
    .map((part) => part.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&").replace(/\s+/g, "\\s+"))
    .join("(.*?)");
  return new RegExp(`^${pattern}$`).exec(content.trim())?.slice(1) ?? null;
}

const filled = (template: string, values: readonly string[]) =>
  template
    .split("<*>")
    .map((part, i) => part + (values[i] ?? ""))
    .join("");

/** Mulberry32: the same numbers from 0 to 1 for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
