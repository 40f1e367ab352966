import { parser as lenient } from "@prometheus-io/lezer-promql";

/**
 * Gives up at the first mistake. Made for editors, the grammar's parser otherwise repairs what it reads, which takes a thousand
 * times as long where nothing fits: a storm of alerts with such links would hold the server up for half a minute.
 */
const parser = lenient.configure({ strict: true });

/** What an alert's expression compares, and with what. */
export interface MeasurableAlert {
  /** The left side: what is measured. */
  query: string;
  /** The alert fires above `upper` or below `lower`. */
  upper: number | null;
  lower: number | null;
}

/** Longer expressions than any rule that a person wrote. */
const MAX_EXPRESSION = 10_000;

/**
 * The comparison behind an alert, from the link that Prometheus puts into it (`…/graph?g0.expr=…`): `expression op number`
 * at the top, with or without parentheses, of several joined by `and` or `unless` the first. Null where the link has no such
 * expression: then nothing measurable is known of the alert. The link is untrusted: what it gives is only ever sent as a
 * query to the configured source, which cannot change anything.
 */
export function measurable(generatorUrl: string | null): MeasurableAlert | null {
  if (generatorUrl === null || !URL.canParse(generatorUrl)) return null;
  const expression = new URL(generatorUrl).searchParams.get("g0.expr");
  return expression === null ? null : comparison(expression);
}

/** The same for an expression itself. */
export function comparison(expression: string): MeasurableAlert | null {
  const tree = parsed(expression);
  if (tree === null) return null;
  let node = tree.topNode.firstChild;
  while (node && (node.name === "ParenExpr" || (node.name === "BinaryExpr" && node.getChild("And") !== null)))
    node = node.name === "ParenExpr" ? inner(node) : node.firstChild;
  if (node?.name !== "BinaryExpr") return null;
  const [left, right] = [node.firstChild!, node.lastChild!];
  const limit = numberOf(expression.slice(right.from, right.to));
  if (limit === null) return null;
  const query = expression.slice(left.from, left.to);
  const has = (name: string) => node.getChild(name) !== null;
  if (has("Gtr") || has("Gte")) return { query, upper: limit, lower: null };
  if (has("Lss") || has("Lte")) return { query, upper: null, lower: limit };
  // `up == 0` is how a target's loss is written: anything above is well.
  if (has("Eql") && limit === 0) return { query, upper: null, lower: Number.MIN_VALUE };
  return null;
}

/** The metrics that an expression names, in their order, each once: what it is about. Empty for an expression that is none. */
export function metricsIn(expression: string): string[] {
  const names = new Set<string>();
  parsed(expression)?.iterate({
    enter: ({ name, from, to }) => void (name === "Identifier" && names.add(expression.slice(from, to))),
  });
  return [...names];
}

/** Null for what is no expression, or longer than any that a person wrote. */
function parsed(expression: string): ReturnType<typeof parser.parse> | null {
  if (expression.length > MAX_EXPRESSION) return null;
  try {
    return parser.parse(expression);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

type SyntaxNode = NonNullable<ReturnType<typeof parser.parse>["topNode"]["firstChild"]>;

function inner(node: SyntaxNode): SyntaxNode | null {
  for (let child = node.firstChild; child; child = child.nextSibling)
    if (/Expr|Selector|Call/.test(child.name)) return child;
  return null;
}

/** A plain number, perhaps signed or in parentheses. */
function numberOf(text: string): number | null {
  const plain = text.replace(/^\(+|(?<!\))\)+$/g, "").trim();
  return /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(plain) ? Number(plain) : null;
}
