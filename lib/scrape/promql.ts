import { parser as lenient } from "@prometheus-io/lezer-promql";
import type { SyntaxNode } from "@lezer/common";
import { RE2JS } from "re2js";
import { AGGREGATES, type Aggregate, FUNCTIONS, type FunctionName } from "./functions";
import { type Matcher, NAME } from "./store";

export const COMPARISONS = ["==", "!=", ">", "<", ">=", "<="] as const;
export const ARITHMETIC = ["+", "-", "*", "/", "%", "^"] as const;
export const SET_OPERATIONS = ["and", "or", "unless"] as const;
export type BinaryOp = (typeof COMPARISONS | typeof ARITHMETIC | typeof SET_OPERATIONS)[number];

export type Expr =
  | { kind: "number"; value: number }
  /** Durations in ms; `range` null: an instant vector. */
  | { kind: "selector"; matchers: Matcher[]; offset: number; range: number | null }
  | { kind: "call"; name: FunctionName; args: Expr[] }
  | { kind: "aggregate"; op: Aggregate; by: boolean; labels: string[]; parameter: Expr | null; of: Expr }
  | { kind: "binary"; op: BinaryOp; bool: boolean; on: boolean; labels: string[]; left: Expr; right: Expr }
  | { kind: "negate"; of: Expr };

/** The query is no PromQL, or uses what is not spoken here. The message says what. */
export class PromqlError extends Error {
  override readonly name = "PromqlError";
}

/** Gives up at the first mistake: repairing what is no query, as editors want it, takes a thousand times as long. */
const parser = lenient.configure({ strict: true });
/** Whoever writes a longer query means something else. */
const MAX_QUERY = 10_000;
const MAX_PATTERN = 500;
/** Far above what a query needs, far below what a stack bears. */
const MAX_DEPTH = 200;

/**
 * Parses the subset of PromQL that Sentinel asks and its rules use, by Prometheus' own grammar: selectors with matchers, ranges
 * and offsets, the functions of {@link FUNCTIONS}, the aggregations of {@link AGGREGATES} by and without labels, arithmetic,
 * comparisons and set operations matched one to one. Throws PromqlError for everything else.
 */
export function parsePromql(query: string): Expr {
  if (query.length > MAX_QUERY) throw new PromqlError(`a query has at most ${MAX_QUERY} characters`);
  const root = parsed(query).topNode;
  if (!root.firstChild) throw new PromqlError("the query is empty");
  return read(root.firstChild, query, 0);
}

function parsed(query: string): ReturnType<typeof parser.parse> {
  try {
    return parser.parse(query);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    // The parser says nothing but where: "No parse at 12".
    const at = Number(cause.message.split(" ").at(-1)) || 0;
    throw new PromqlError(`parse error at character ${at + 1}: ${quote(query, at)}`, { cause });
  }
}

const quote = (query: string, from: number) => JSON.stringify(query.slice(from, from + 20) || "the end");
const unspoken = (what: string) => new PromqlError(`${what} is not supported by the built-in scraper`);

function read(node: SyntaxNode, query: string, depth: number): Expr {
  if (depth > MAX_DEPTH) throw new PromqlError("the query is nested too deeply");
  const text = (n: SyntaxNode) => query.slice(n.from, n.to);
  const expr = (n: SyntaxNode | null | undefined): Expr => {
    if (!n) throw new PromqlError(`an operand is missing in ${JSON.stringify(text(node))}`);
    return read(n, query, depth + 1);
  };
  const names = (n: SyntaxNode | null) => (n?.getChild("GroupingLabels")?.getChildren("LabelName") ?? []).map(text);

  switch (node.name) {
    case "NumberDurationLiteral":
      return { kind: "number", value: readNumber(text(node)) };
    case "ParenExpr":
      return expr(node.firstChild);
    case "UnaryExpr": {
      const of = expr(node.lastChild);
      return text(node.getChild("UnaryOp") ?? node).startsWith("-") ? { kind: "negate", of } : of;
    }
    case "VectorSelector":
      return { kind: "selector", matchers: readMatchers(node, text), offset: 0, range: null };
    case "MatrixSelector": {
      const of = expr(node.getChild("VectorSelector"));
      const range = readDuration(text(node.getChild("DurationExpr") ?? node));
      if (of.kind !== "selector" || range <= 0) throw new PromqlError("a range must follow a selector and be above 0");
      return { ...of, range };
    }
    case "OffsetExpr": {
      const of = expr(node.firstChild);
      if (of.kind !== "selector") throw unspoken("offset on anything but a selector");
      return { ...of, offset: readDuration(text(node.getChild("OffsetDurationExpr") ?? node)) };
    }
    case "FunctionCall": {
      const name = text(node.getChild("FunctionIdentifier") ?? node);
      if (!isFunction(name)) throw unspoken(`the function ${name}()`);
      const args = children(node.getChild("FunctionCallBody")).map(expr);
      const [least, most] = FUNCTIONS[name].arity;
      if (args.length < least || args.length > most)
        throw new PromqlError(`${name}() takes ${least} arguments, not ${args.length}`);
      return { kind: "call", name, args };
    }
    case "AggregateExpr": {
      const op = text(node.getChild("AggregateOp") ?? node).toLowerCase();
      if (!isAggregate(op)) throw unspoken(`the aggregation ${op}`);
      const args = children(node.getChild("FunctionCallBody")).map(expr);
      const needed = AGGREGATES[op].parameter ? 2 : 1;
      const [of, parameter] = [args.at(-1), needed === 2 ? args[0] : null];
      if (args.length !== needed || !of || parameter === undefined)
        throw new PromqlError(`${op} takes ${needed} arguments`);
      const modifier = node.getChild("AggregateModifier");
      return {
        kind: "aggregate",
        op,
        by: modifier?.getChild("Without") == null,
        labels: names(modifier),
        parameter,
        of,
      };
    }
    case "BinaryExpr": {
      const parts = children(node);
      const [left, right] = [expr(parts[0]), expr(parts.at(-1))];
      const op = text(parts[1] ?? node).toLowerCase() as BinaryOp;
      if (![...COMPARISONS, ...ARITHMETIC, ...SET_OPERATIONS].includes(op)) throw unspoken(`the operator ${op}`);
      const matching = node.getChild("MatchingModifierClause");
      if (matching?.getChild("GroupLeft") || matching?.getChild("GroupRight"))
        throw unspoken("group_left and group_right");
      return {
        kind: "binary",
        op,
        bool: node.getChild("BoolModifier")?.getChild("Bool") != null,
        on: matching?.getChild("On") != null,
        labels: names(matching),
        left,
        right,
      };
    }
  }
  throw unspoken(node.name === "SubqueryExpr" ? "a subquery" : node.name === "StepInvariantExpr" ? "@" : node.name);
}

function children(node: SyntaxNode | null): SyntaxNode[] {
  const all: SyntaxNode[] = [];
  for (let child = node?.firstChild ?? null; child; child = child.nextSibling) all.push(child);
  return all;
}

const isFunction = (name: string): name is FunctionName => Object.hasOwn(FUNCTIONS, name);
const isAggregate = (name: string): name is Aggregate => Object.hasOwn(AGGREGATES, name);

function readMatchers(node: SyntaxNode, text: (n: SyntaxNode) => string): Matcher[] {
  const name = node.getChild("Identifier");
  const matchers = (node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? []).map((m) => {
    const [label, op, value] = [m.getChild("LabelName"), m.getChild("MatchOp"), m.getChild("StringLiteral")];
    if (!label || !op || !value) throw new PromqlError(`not a matcher: ${JSON.stringify(text(m))}`);
    return matcher(text(label), text(op) as Matcher["op"], unquote(text(value)));
  });
  const all = name ? [matcher(NAME, "=", text(name)), ...matchers] : matchers;
  // As Prometheus demands: otherwise a slip of the pen would read everything.
  if (all.every((m) => m.passes("")))
    throw new PromqlError("a selector needs a matcher that does not match the empty text");
  return all;
}

export function matcher(label: string, op: Matcher["op"], value: string): Matcher {
  switch (op) {
    case "=":
      return { label, op, value, passes: (given) => given === value };
    case "!=":
      return { label, op, value, passes: (given) => given !== value };
    case "=~":
    case "!~": {
      if (value.length > MAX_PATTERN) throw new PromqlError(`a pattern has at most ${MAX_PATTERN} characters`);
      const pattern = toPattern(value);
      return { label, op, value, passes: (given) => pattern.matches(given) === (op === "=~") };
    }
  }
}

/** Matches whole values by RE2, as Prometheus does: in linear time whatever the pattern, which an alert may have brought. */
function toPattern(text: string): RE2JS {
  try {
    return RE2JS.compile(text, RE2JS.DOTALL);
  } catch (cause) {
    throw new PromqlError(`not a regular expression: ${JSON.stringify(text)}`, { cause });
  }
}

function unquote(literal: string): string {
  const inside = literal.slice(1, -1);
  if (literal.startsWith("`")) return inside;
  const escapes: Record<string, string> = { n: "\n", t: "\t", r: "\r" };
  return inside.replace(/\\(.)/gs, (_, c: string) => escapes[c] ?? c);
}

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 }; // prettier-ignore
const DURATION = /^-?(?:\d+(?:ms|[smhdwy]))+$/;

/** ms of `1h30m`, `500ms`, or of a number of seconds. */
export function readDuration(text: string): number {
  const trimmed = text.trim();
  if (!DURATION.test(trimmed)) {
    const seconds = readNumber(trimmed);
    if (!Number.isFinite(seconds)) throw new PromqlError(`not a duration: ${JSON.stringify(trimmed.slice(0, 40))}`);
    return seconds * 1_000;
  }
  const parts = [...trimmed.matchAll(/(?<!\d)(\d+)(ms|[smhdwy])/g)];
  const ms = parts.reduce((sum, [, n, unit]) => sum + Number(n) * (UNITS[unit ?? ""] ?? Number.NaN), 0);
  return trimmed.startsWith("-") ? -ms : ms;
}

function readNumber(text: string): number {
  const word = text.toLowerCase();
  if (/^[+-]?inf$/.test(word)) return word.startsWith("-") ? -Infinity : Infinity;
  if (word === "nan") return Number.NaN;
  const value = DURATION.test(word) ? readDuration(word) / 1_000 : Number(word);
  if (Number.isNaN(value)) throw new PromqlError(`not a number: ${JSON.stringify(text.slice(0, 40))}`);
  return value;
}
