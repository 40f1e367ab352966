import { findInstructions } from "@/lib/core/evidence/instructions";
import { redact } from "@/lib/core/evidence/redact";

/** Text that tries to give orders, and where it stands. */
export interface Flagged {
  /** For example `fetch_logs`, `alert`. */
  source: string;
  node: string | null;
  /** The line, redacted and length-limited. */
  line: string;
}

export interface Screen {
  /** Looks through everything that came from one source, once, and keeps what gives orders. */
  inspect(source: string, value: unknown, node?: string | null): void;
  /** A value as a model may see it: quoted data, redacted, length-limited, without what gives orders. */
  quote(label: string, value: unknown, maxChars?: number): string;
  /** The same of lines that can be cited: one JSON string a line, as many as fit, and what each of them says. */
  quoteLines(label: string, lines: readonly string[], maxChars: number): { block: string; shown: string[] };
  /** One untrusted text for people: redacted and length-limited. */
  plain: (text: string) => string;
  flagged(): readonly Flagged[];
  /** The first text that was read which holds this value, with its source; null if none does. */
  sourceOf(value: string): { source: string; line: string } | null;
}

/** Characters of one text that anybody gets to see. */
const MAX_TEXT = 400;
/** Characters that are redacted so that so many can be shown, and of a secret that a cut may have gone through. */
const MAX_REDACTED = 4_000;
const ACROSS_CUT = 300;
/** Characters of one quoted block. */
const MAX_BLOCK = 8_000;
/** Texts of one reading that are looked through, and of the whole run that are kept to trace arguments to. */
const MAX_INSPECTED = 4_000;
/** Findings of this kind that are worth keeping: after the hundredth it is known that somebody tries. */
const MAX_FLAGGED = 100;
/** Shorter values (ports, counts, flags) stand in half of all lines and prove nothing. */
const MIN_TRACED = 3;

/** Digits that are no letter in disguise and no part of an escape: two or more, standing by themselves. */
const FIGURE = /(?<=^|[\s=:/])\d{2,}(?=$|[\s,:/])/g;

const WITHHELD = "[withheld: possible prompt injection]";

/**
 * Where untrusted text goes through on its way to a model. Orders in it are found first and withheld: a model cannot obey what
 * it does not see. What passes is marked as data by JSON quoting inside a block whose label carries a nonce, so that no text
 * can end its own block (spotlighting: Hines et al. 2024). Neither is relied upon alone: what a model may bring about is
 * bounded by the offers, by grounding and by the approval (Beurer-Kellner et al. 2025, Design Patterns for Securing LLM
 * Agents: action selector and taint tracking).
 */
export function createScreen(nonce: string): Screen {
  const flagged = new Map<string, Flagged>();
  const read = new Map<string, string>();
  const judged = new Map<string, boolean>();
  // Lines that differ in their figures only are judged once: logs have few kinds of lines and many of each.
  const orders = (text: string) => {
    const kind = text.replace(FIGURE, "00");
    let answer = judged.get(kind);
    if (answer === undefined) judged.set(kind, (answer = findInstructions(text).length > 0));
    return answer;
  };
  const plain = (text: string) => cut(redacted(text), MAX_TEXT);
  const shown = (text: string) => (orders(text) ? WITHHELD : plain(text));
  const block = (label: string, json: string) =>
    `<data-${nonce} of="${label}">\n${json.replaceAll("<", "\\u003c")}\n</data-${nonce}>`;

  return {
    inspect(source, value, node = null) {
      let left = MAX_INSPECTED;
      for (const { text, node: own } of textsOf(value, node)) {
        if (left-- === 0) break;
        if (read.has(text)) continue;
        if (read.size < MAX_INSPECTED) read.set(text, source);
        if (orders(text) && flagged.size < MAX_FLAGGED) flagged.set(text, { source, node: own, line: plain(text) });
      }
    },
    quote(label, value, maxChars = MAX_BLOCK) {
      return block(label, cut(JSON.stringify(mapTexts(value, shown)) ?? "null", maxChars));
    },
    quoteLines(label, lines, maxChars) {
      let left = maxChars;
      const all = lines.map(shown);
      const over = all.findIndex((line) => (left -= JSON.stringify(line).length + 1) < 0);
      const fitting = over === -1 ? all : all.slice(0, over);
      return { block: block(label, fitting.map((line) => JSON.stringify(line)).join("\n")), shown: fitting };
    },
    plain,
    flagged: () => [...flagged.values()],
    sourceOf(value) {
      if (value.length < MIN_TRACED) return null;
      const wanted = value.toLowerCase();
      for (const [text, source] of read) if (text.toLowerCase().includes(wanted)) return { source, line: plain(text) };
      return null;
    },
  };
}

/** The beginning of a text, redacted. Where it is cut before, a secret may lie across the cut: that part is not given either. */
const redacted = (text: string) =>
  text.length <= MAX_REDACTED ? redact(text).text : redact(text.slice(0, MAX_REDACTED)).text.slice(0, -ACROSS_CUT);

const cut = (text: string, max: number) => (text.length > max ? `${text.slice(0, max)}…` : text);

/** Every text within a value, with the node of the object it stands in, if that names one. */
function* textsOf(value: unknown, node: string | null): Generator<{ text: string; node: string | null }> {
  if (typeof value === "string") yield { text: value, node };
  else if (Array.isArray(value)) for (const item of value) yield* textsOf(item, node);
  else if (value !== null && typeof value === "object") {
    const own = "node" in value && typeof value.node === "string" ? value.node : node;
    for (const part of Object.values(value)) yield* textsOf(part, own);
  }
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (typeof value === "number") return Number.isInteger(value) ? value : Number(value.toPrecision(5));
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [change(key), mapTexts(part, change)]));
}
