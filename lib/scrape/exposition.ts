/** One line of an exposition. */
export interface Exposed {
  name: string;
  labels: Record<string, string>;
  /** NaN where the service says so. */
  value: number;
}

/** A longer line is no metric of anybody's. */
const MAX_LINE = 20_000;
const NAME = /[A-Za-z_:][A-Za-z0-9_:]*/y;
const LABEL = /\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*/y;
const VALUE = /^[+-]?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf|infinity|nan)$/i;
const TIMESTAMP = /^-?\d+$/;

/**
 * Parses Prometheus' text exposition format 0.0.4 (its documentation, "Exposition formats"). A timestamp is checked and
 * left: what counts is when it was read. Throws naming the first line that is not of the format, as Prometheus refuses the
 * whole scrape.
 */
export function parseExposition(text: string): Exposed[] {
  return text.split("\n").flatMap((line, i) => {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) return [];
    const sample = trimmed.length <= MAX_LINE ? parseLine(trimmed) : null;
    if (!sample) throw new Error(`line ${i + 1} is not in the text format: ${JSON.stringify(trimmed.slice(0, 80))}`);
    return [sample];
  });
}

function parseLine(line: string): Exposed | null {
  const name = match(NAME, line, 0);
  if (!name) return null;
  let at = name[0].length;
  const labels: Record<string, string> = {};
  while (line[at] === " " || line[at] === "\t") at++;
  if (line[at] === "{") {
    at++;
    for (let pair = match(LABEL, line, at); pair; pair = match(LABEL, line, at)) {
      labels[pair[1] ?? ""] = unescape(pair[2] ?? "");
      at += pair[0].length;
      if (line[at] !== ",") break;
      at++;
    }
    while (line[at] === " ") at++;
    if (line[at] !== "}") return null;
    at++;
  }
  const [value = "", timestamp, ...more] = line
    .slice(at)
    .trim()
    .split(/[ \t]+/);
  if (!VALUE.test(value) || (timestamp !== undefined && !TIMESTAMP.test(timestamp)) || more.length > 0) return null;
  return { name: name[0], labels, value: toNumber(value) };
}

function match(sticky: RegExp, line: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at;
  return sticky.exec(line);
}

const unescape = (text: string) => text.replace(/\\(.)/g, (_, c: string) => (c === "n" ? "\n" : c));

function toNumber(text: string): number {
  const word = text.toLowerCase().replace(/^[+-]/, "");
  if (word === "nan") return Number.NaN;
  if (word === "inf" || word === "infinity") return text.startsWith("-") ? -Infinity : Infinity;
  return Number(text);
}
