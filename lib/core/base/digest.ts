/** Deeper than any proposal; a bound, so that arguments from outside cannot exhaust the stack. */
const MAX_DEPTH = 64;

/**
 * The one JSON text of a value, to be hashed: keys sorted by UTF-16 code units, no white space, numbers and strings as
 * ECMAScript writes them (RFC 8785, the JSON Canonicalization Scheme). Two values that say the same have the same text,
 * whatever the order of their keys; members that are undefined are left out, as JSON does.
 *
 * Throws TypeError, naming the path, for what JSON cannot say without loss (NaN, Infinity, bigint, functions, dates and
 * other class instances, holes and undefined in arrays, lone surrogates) and for nesting deeper than 64: an approval must not be
 * bound to a text that means something else.
 */
export function canonicalJson(value: unknown): string {
  return write(value, "$", 0);
}

function write(value: unknown, path: string, depth: number): string {
  if (depth > MAX_DEPTH) throw new TypeError(`${path}: nested deeper than ${MAX_DEPTH}`);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return text(value, path);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`${path}: ${value} is not a JSON number`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    // Array.from turns holes into undefined, which is refused below.
    return `[${Array.from(value, (v, i) => write(v, `${path}[${i}]`, depth + 1)).join(",")}]`;
  }
  if (isPlain(value)) {
    const members = Object.keys(value)
      .filter((key) => value[key] !== undefined)
      .toSorted()
      .map((key) => `${text(key, path)}:${write(value[key], `${path}.${key}`, depth + 1)}`);
    return `{${members.join(",")}}`;
  }
  throw new TypeError(`${path}: cannot be written as JSON`);
}

function text(s: string, path: string): string {
  if (!s.isWellFormed()) throw new TypeError(`${path}: text with a lone surrogate`);
  return JSON.stringify(s);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const proto: unknown = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null;
}
