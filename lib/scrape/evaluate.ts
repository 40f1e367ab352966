import {
  aggregate,
  boundOf,
  type FunctionName,
  histogramQuantile,
  isOverRange,
  OVER_RANGE,
  type OverRange,
  quantile,
} from "./functions";
import { apply, isComparison, matchNumber, matchVectors, nameless, only, type Point, without } from "./operators";
import { type Expr, PromqlError } from "./promql";
import { between, keyOf, type Labels, latest, NAME, type Store } from "./store";

export type Value = { kind: "scalar"; value: number } | { kind: "vector"; points: Point[] };

/** How old a sample may be to count as current: Prometheus' own default. */
const LOOKBACK_MS = 5 * 60_000;

type Call = Extract<Expr, { kind: "call" }>;
type Binary = Extract<Expr, { kind: "binary" }>;
type Selector = Extract<Expr, { kind: "selector" }>;

/** Evaluates a query at one moment (epoch ms), by Prometheus' rules. Throws PromqlError when its parts do not fit together. */
export function evaluate(expr: Expr, at: number, store: Store): Value {
  const value = (of: Expr): Value => {
    switch (of.kind) {
      case "number":
        return { kind: "scalar", value: of.value };
      case "selector":
        return vector(select(of));
      case "negate":
        return each(value(of.of), (x) => -x);
      case "call":
        return call(of);
      case "aggregate":
        return group(of);
      case "binary":
        return binary(of);
    }
  };
  const points = (of: Expr): Point[] => {
    const found = value(of);
    if (found.kind === "scalar") throw new PromqlError("expected an instant vector, got a scalar");
    return found.points;
  };
  const number = (of: Expr | undefined): number => {
    const found = of && value(of);
    if (found?.kind !== "scalar") throw new PromqlError("expected a scalar, got an instant vector");
    return found.value;
  };

  function select(of: Selector): Point[] {
    if (of.range !== null) throw new PromqlError("a range selector must be passed to a function");
    return store.select(of.matchers).flatMap((series) => {
      const found = latest(series, at - of.offset, LOOKBACK_MS);
      return found === null ? [] : [{ labels: series.labels, value: found }];
    });
  }

  function ranges(name: FunctionName, of: Expr | undefined) {
    if (of?.kind !== "selector" || of.range === null)
      throw new PromqlError(`${name}() needs a range, such as x[5m], not a vector`);
    const [to, range] = [at - of.offset, of.range];
    return store.select(of.matchers).map((series) => {
      const samples = between(series, to - range, to);
      return { labels: series.labels, samples, from: to - range, to };
    });
  }

  function call({ name, args }: Call): Value {
    const [first, second] = args;
    if (isOverRange(name)) {
      const over: OverRange = OVER_RANGE[name];
      const found = ranges(name, first).flatMap(({ labels, samples, from, to }) => {
        const result = over(samples, from, to);
        return result === null
          ? []
          : [{ labels: name === "last_over_time" ? labels : nameless(labels), value: result }];
      });
      return vector(found);
    }
    const argument = first ?? { kind: "number", value: Number.NaN };
    switch (name) {
      case "quantile_over_time": {
        const q = number(first);
        return vector(
          ranges(name, second).flatMap(({ labels, samples }) =>
            samples.length === 0 ? [] : [{ labels: nameless(labels), value: quantile(q, samples.map((s) => s.value)) }],
          ),
        ); // prettier-ignore
      }
      case "histogram_quantile":
        return histogram(number(first), points(second ?? argument));
      case "absent":
        return vector(points(argument).length > 0 ? [] : [{ labels: equalities(argument), value: 1 }]);
      case "abs":
        return each(value(argument), Math.abs);
      case "ceil":
        return each(value(argument), Math.ceil);
      case "floor":
        return each(value(argument), Math.floor);
      case "sqrt":
        return each(value(argument), Math.sqrt);
      case "clamp_min": {
        const least = number(second);
        return each(value(argument), (x) => Math.max(x, least));
      }
      case "clamp_max": {
        const most = number(second);
        return each(value(argument), (x) => Math.min(x, most));
      }
      case "scalar": {
        const found = points(argument);
        return { kind: "scalar", value: found.length === 1 ? (found[0]?.value ?? Number.NaN) : Number.NaN };
      }
      case "vector":
        return vector([{ labels: {}, value: number(argument) }]);
      case "time":
        return { kind: "scalar", value: at / 1000 };
    }
  }

  function group({ op, by, labels, parameter, of }: Extract<Expr, { kind: "aggregate" }>): Value {
    const groups = new Map<string, { labels: Labels; values: number[] }>();
    for (const point of points(of)) {
      const kept = by ? only(point.labels, labels) : without(point.labels, [...labels, NAME]);
      const key = keyOf(kept);
      const found = groups.get(key) ?? { labels: kept, values: [] };
      found.values.push(point.value);
      groups.set(key, found);
    }
    const q = parameter ? number(parameter) : Number.NaN;
    return vector([...groups.values()].map((g) => ({ labels: g.labels, value: aggregate(op, g.values, q) })));
  }

  function binary(of: Binary): Value {
    const [left, right] = [value(of.left), value(of.right)];
    if (left.kind === "scalar" && right.kind === "scalar") {
      if (isComparison(of.op) && !of.bool) throw new PromqlError("comparisons of two numbers need bool");
      return { kind: "scalar", value: apply(of.op, left.value, right.value) };
    }
    if (left.kind === "vector" && right.kind === "vector") return vector(matchVectors(of, left.points, right.points));
    if (left.kind === "vector" && right.kind === "scalar")
      return vector(matchNumber(of, left.points, right.value, "left"));
    if (right.kind === "vector" && left.kind === "scalar")
      return vector(matchNumber(of, right.points, left.value, "right"));
    throw new PromqlError(`${of.op} does not fit its operands`);
  }
  return value(expr);
}

const vector = (points: Point[]): Value => ({ kind: "vector", points });

const each = (of: Value, f: (x: number) => number): Value =>
  of.kind === "scalar"
    ? { kind: "scalar", value: f(of.value) }
    : vector(of.points.map(({ labels, value }) => ({ labels: nameless(labels), value: f(value) })));

function histogram(q: number, points: Point[]): Value {
  const groups = new Map<string, { labels: Labels; buckets: { le: number; count: number }[] }>();
  for (const { labels, value } of points) {
    const le = boundOf(labels);
    if (Number.isNaN(le)) continue;
    const kept = without(labels, ["le", NAME]);
    const key = keyOf(kept);
    const found = groups.get(key) ?? { labels: kept, buckets: [] };
    found.buckets.push({ le, count: value });
    groups.set(key, found);
  }
  return vector([...groups.values()].map((g) => ({ labels: g.labels, value: histogramQuantile(q, g.buckets) })));
}

/** Labels that a selector demands by equality: what `absent` says is absent. */
function equalities(of: Expr): Labels {
  if (of.kind !== "selector") return {};
  return Object.fromEntries(of.matchers.flatMap((m) => (m.op === "=" && m.label !== NAME ? [[m.label, m.value]] : [])));
}
