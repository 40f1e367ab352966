import { ARITHMETIC, type BinaryOp, COMPARISONS, type Expr, PromqlError } from "./promql";
import { keyOf, type Labels, NAME } from "./store";

export interface Point {
  labels: Labels;
  value: number;
}
type Binary = Extract<Expr, { kind: "binary" }>;

export const isComparison = (op: BinaryOp) => (COMPARISONS as readonly string[]).includes(op);
const isArithmetic = (op: BinaryOp) => (ARITHMETIC as readonly string[]).includes(op);
export const nameless = (labels: Labels): Labels => without(labels, [NAME]);
export const without = (labels: Labels, names: string[]): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => !names.includes(name)));
export const only = (labels: Labels, names: string[]): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => names.includes(name)));

/** Each point against one number; `mine` says which side the point stands on. */
export function matchNumber(of: Binary, points: Point[], number: number, mine: "left" | "right"): Point[] {
  if (!isComparison(of.op) && !isArithmetic(of.op)) throw new PromqlError(`${of.op} needs two vectors`);
  return points.flatMap(({ labels, value }) => {
    const result = mine === "left" ? apply(of.op, value, number) : apply(of.op, number, value);
    return kept(of, labels, value, result);
  });
}

/** What stays of a point: a comparison filters, and keeps the value it filtered; arithmetic and `bool` give a new one. */
function kept(of: Binary, labels: Labels, mine: number, result: number): Point[] {
  if (!isComparison(of.op) || of.bool) return [{ labels: nameless(labels), value: result }];
  return result === 1 ? [{ labels, value: mine }] : [];
}

/** Two vectors, element by element where their labels (or those of on/ignoring) are equal. */
export function matchVectors(of: Binary, left: Point[], right: Point[]): Point[] {
  const signature = ({ labels }: Point) =>
    keyOf(of.on ? only(labels, of.labels) : without(labels, [...of.labels, NAME]));
  if (of.op === "and" || of.op === "unless") {
    const there = new Set(right.map(signature));
    return left.filter((p) => there.has(signature(p)) === (of.op === "and"));
  }
  if (of.op === "or") {
    const there = new Set(left.map(signature));
    return [...left, ...right.filter((p) => !there.has(signature(p)))];
  }
  const partners = unique(right, signature);
  unique(left.filter((p) => partners.has(signature(p))), signature); // prettier-ignore
  return left.flatMap((point) => {
    const partner = partners.get(signature(point));
    if (!partner) return [];
    const labels = of.on ? only(point.labels, of.labels) : without(point.labels, of.labels);
    return kept(of, labels, point.value, apply(of.op, point.value, partner.value));
  });
}

function unique(points: Point[], signature: (p: Point) => string): Map<string, Point> {
  const found = new Map<string, Point>();
  for (const point of points) {
    const key = signature(point);
    if (found.has(key)) throw new PromqlError(`several series on one side match the labels ${key}`);
    found.set(key, point);
  }
  return found;
}

export function apply(op: BinaryOp, a: number, b: number): number {
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "%":
      return a % b;
    case "^":
      return a ** b;
    case "==":
      return Number(a === b);
    case "!=":
      return Number(a !== b);
    case ">":
      return Number(a > b);
    case "<":
      return Number(a < b);
    case ">=":
      return Number(a >= b);
    case "<=":
      return Number(a <= b);
    case "and":
    case "or":
    case "unless":
      throw new PromqlError(`${op} needs two vectors`);
  }
}
