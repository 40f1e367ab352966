import { type InstructionKind, RULES } from "./instructions-rules";
import { decoded, joinSpacedLetters, folded, unescaped, type View, within } from "./instructions-views";

/** A passage that tries to give orders. Offsets are into the text as given. */
export interface InstructionSpan {
  from: number;
  to: number;
  /** The passage as it stands there, length-limited. */
  quote: string;
  kind: InstructionKind;
  /** It was hidden by encoding, spelling or invisible characters. */
  hidden: boolean;
}

/** Text is read up to here; what a model sees is cut far earlier. */
const READ_CHARS = 100_000;
const QUOTE_CHARS = 200;

/** Negated or reported about, it is a policy or a rule of a filter, and not an order. */
const REPORTED =
  /(?:\b(?:blocked|detected|rejected|flagged|attempt(?:ed)?(?: to)?|tried to|refused to|prevented)\W{0,3}(?:\w{1,14}\W{1,3}){0,4})$/;
const REPORTED_REACH = 60;

/**
 * Passages of a text from outside (a log line, an alert, a commit message, a runbook) that try to give orders to a model or to an
 * operator's tools, in order of place, not overlapping. Empty for ordinary text, errors included: a request to retry,
 * a usage hint or a plain runbook step is no order to override anything.
 *
 * It reads the text as it stands and as it may be meant: escapes and entities undone, look-alike and invisible characters
 * folded, spaced letters drawn together, base64 and hex decoded (the hiding places of OWASP's LLM01 and Greshake et al. 2023).
 * What it finds is shown as a finding and never obeyed; what it misses is still data and cannot act.
 */
export function findInstructions(text: string): InstructionSpan[] {
  const read = text.slice(0, READ_CHARS);
  const plain = read.toLowerCase();
  const spans: InstructionSpan[] = [];
  const whole = torn(read);
  const match = whole === null ? null : TORN.exec(whole.text);
  if (whole !== null && match !== null) {
    const from = whole.from[match.index]!;
    const to = whole.to[match.index + match[0].length - 1]!;
    if (!isReported(plain, from))
      spans.push({
        from,
        to,
        quote: read.slice(from, Math.min(to, from + QUOTE_CHARS)),
        kind: "override",
        hidden: true,
      });
  }
  for (const view of views(read))
    for (const { kind, pattern } of RULES)
      for (const match of view.text.matchAll(pattern)) {
        if (
          match[0] === "" ||
          isReported(view.text, match.index) ||
          isRequired(view.text, match) ||
          isForbidden(kind, view.text, match.index)
        )
          continue;
        const from = view.from[match.index]!;
        const to = view.to[match.index + match[0].length - 1]!;
        spans.push({
          from,
          to,
          quote: read.slice(from, Math.min(to, from + QUOTE_CHARS)),
          kind,
          hidden: !plain.slice(from, to).includes(match[0].trim()),
        });
      }
  return apart(spans);
}

const isReported = (text: string, at: number): boolean =>
  REPORTED.test(text.slice(Math.max(0, at - REPORTED_REACH), at));

/** "Never restart without approval" asks for an approval. */
const isRequired = (text: string, match: RegExpExecArray): boolean =>
  /^(?:skip|bypass|avoid)|\bwithout\b/.test(match[0]) &&
  /\b(?:not|never|cannot|can't|don't|nobody|no one|nothing)\b[^.\n]{0,60}$/.test(
    text.slice(Math.max(0, match.index - 80), match.index),
  );

/** "Do not send secrets" is a rule, and no order to send them. */
const isForbidden = (kind: InstructionKind, text: string, at: number): boolean =>
  (kind === "command" || kind === "exfiltration") &&
  /\b(?:not|never|don't|cannot|can't) (?:ever )?$/.test(text.slice(Math.max(0, at - 20), at));

/** Words torn apart by blanks, as one string: only phrases that no other text contains are looked for. */
const TORN =
  /(?:ignore|disregard|forget)(?:all|any|the|your|of){0,3}(?:previous|prior|above|earlier|preceding|system|former)(?:instructions|prompts?|rules|directives|guidelines)/;

function torn(text: string): View | null {
  const view = folded(text);
  const kept = Array.from(view.text, (_, i) => i).filter((i) => /[a-z]/.test(view.text[i]!));
  const out: View = {
    text: kept.map((i) => view.text[i]).join(""),
    from: kept.map((i) => view.from[i]!),
    to: kept.map((i) => view.to[i]!),
  };
  return TORN.test(out.text) ? out : null;
}

function views(text: string): View[] {
  const all: View[] = [folded(text)];
  for (const inner of [unescaped(text), joinSpacedLetters(text), ...decoded(text)])
    if (inner !== null) {
      all.push(within(inner, folded(inner.text)));
      // One more layer: base64 in a query string.
      for (const deeper of decoded(inner.text)) all.push(within(inner, within(deeper, folded(deeper.text))));
    }
  return all;
}

/** Overlapping spans as one: the widest reach, the first kind. */
function apart(spans: InstructionSpan[]): InstructionSpan[] {
  const out: InstructionSpan[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    const last = out.at(-1);
    if (last === undefined || span.from >= last.to) out.push(span);
    else last.hidden &&= span.hidden;
  }
  return out;
}
