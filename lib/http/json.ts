import { isUtf8 } from "node:buffer";
import { SentinelError } from "@/lib/errors";

/** Nesting beyond this says nothing useful and would overflow whoever walks it. */
export const MAX_DEPTH = 64;

/**
 * Parses JSON text (RFC 8259) from bytes. Throws `malformed` with the byte where it stops being JSON, or `invalid` where
 * it nests deeper than MAX_DEPTH. Keys such as `__proto__` become plain properties of their own, and harm nobody.
 */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw malformed(firstBadByte(bytes), "not UTF-8");
  const deep = depthExceededAt(bytes);
  if (deep !== null) {
    throw new SentinelError("invalid", {
      detail: `The body nests deeper than ${MAX_DEPTH} levels at byte ${deep}.`,
      fields: [{ field: "", reason: `nests deeper than ${MAX_DEPTH} levels` }],
      offset: deep,
    });
  }
  const text = bytes.toString("utf8");
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw malformed(Buffer.byteLength(text.slice(0, malformedAt(text))), "not JSON", cause);
  }
}

function malformed(offset: number, what: string, cause?: unknown): SentinelError {
  return new SentinelError("malformed", { detail: `The body is ${what} at byte ${offset}.`, offset, cause });
}

/** Decoding replaces what is not UTF-8; the first byte that does not come back is the first bad one. */
function firstBadByte(bytes: Buffer): number {
  const back = Buffer.from(bytes.toString("utf8"));
  let at = 0;
  while (at < bytes.length && bytes[at] === back[at]) at++;
  return at;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Where brackets first nest deeper than MAX_DEPTH, or null. One pass over the bytes, before anything is built from them. */
function depthExceededAt(bytes: Buffer): number | null {
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at++;
      while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
    } else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > MAX_DEPTH) return at;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return null;
}

const SPACE = /[ \t\n\r]*/y;
/** A bracket, a colon, a comma, or a whole string, number or word. */
const TOKEN =
  // oxlint-disable-next-line no-control-regex -- a string holds none
  /[[\]{}:,]|"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** What may come next: a value, a key, a colon, a comma, the end, or whatever closes an empty container. */
type Next = "value" | "first value" | "key" | "first key" | "colon" | "comma" | "end";

/**
 * Where text stops being JSON: the start of the first token that does not fit, or its length when it ends too early.
 * Node's own message names a position only for some faults. Expects text that `JSON.parse` refused.
 */
export function malformedAt(text: string): number {
  const open: ("[" | "{")[] = [];
  let next: Next = "value";
  for (let at = 0; ;) {
    at = skip(SPACE, text, at);
    const end = skip(TOKEN, text, at);
    if (end === at) return at;
    const after = follow(text.slice(at, end), next, open);
    if (after === null) return at;
    next = after;
    at = end;
  }
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** The state after a token, or null when it does not fit. */
function follow(token: string, next: Next, open: ("[" | "{")[]): Next | null {
  const done = (): Next => (open.length > 0 ? "comma" : "end");
  const close = (opener: "[" | "{") => (open.at(-1) === opener && open.pop() ? done() : null);
  switch (next) {
    case "end":
      return null;
    case "colon":
      return token === ":" ? "value" : null;
    case "comma":
      if (token === ",") return open.at(-1) === "[" ? "value" : "key";
      return token === "]" ? close("[") : token === "}" ? close("{") : null;
    case "first key":
      return token === "}" ? close("{") : token.startsWith('"') ? "colon" : null;
    case "key":
      return token.startsWith('"') ? "colon" : null;
    case "first value":
    case "value":
      if (token === "]") return next === "first value" ? close("[") : null;
      if (token === "[" || token === "{") {
        open.push(token);
        return token === "[" ? "first value" : "first key";
      }
      return token === "}" || token === ":" || token === "," ? null : done();
  }
}
