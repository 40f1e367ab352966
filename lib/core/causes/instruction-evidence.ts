import type { Bundle } from "../evidence/bundle";
import { markOf } from "../evidence/bundle-marks";
import { findInstructions } from "../evidence/instructions";
import { redact } from "../evidence/redact";
import type { WeightedEvidence } from "./weighted-evidence";

const INSTRUCTIONS_TOLD = 20;
/** Characters of different lines that are searched for orders: seconds of work at most. Whoever shows more to a model searches it again. */
const INSTRUCTION_CHARS = 4_000_000;
/** Numbers that stand alone make no order; digits among letters, escapes and codes may. */
const FREE_NUMBER = /(?<![A-Za-z%#\\\d])\d+(?![A-Za-z\d])/g;

/** Text of the bundle that tries to give orders. It is shown, speaks for no cause, and is obeyed by nobody. */
export function instructionEvidence({ logs, changes }: Bundle): WeightedEvidence[] {
  const texts = [
    ...logs.map(({ node, t, line }) => ({ node, t, text: markOf(line).text, of: "a line" })),
    ...changes.map(({ node, t, summary }) => ({ node, t, text: summary, of: "a change" })),
    ...changes.flatMap(({ node, t, diff, files = [] }) =>
      [diff ?? "", ...files].map((text) => ({ node, t, text, of: "a change's diff" })),
    ),
  ];
  const shapes = new Set<string>();
  const quotes = new Set<string>();
  let left = INSTRUCTION_CHARS;
  return texts
    .flatMap(({ node, t, text, of }) => {
      const shape = text.replace(FREE_NUMBER, "0");
      if (shapes.has(shape) || left < 0) return [];
      shapes.add(shape);
      left -= text.length;
      return findInstructions(text).map((span) => ({ node, t, of, span, key: `${node}\n${span.quote}` }));
    })
    .filter(({ key }) => !quotes.has(key) && quotes.add(key))
    .slice(0, INSTRUCTIONS_TOLD)
    .map(({ node, t, of, span }, i) => ({
      finding: {
        id: `i${i + 1}`,
        kind: "instruction",
        node,
        at: t,
        strength: 0.5,
        text: `Text in ${of} of ${node} contains instructions (${span.kind}${span.hidden ? ", hidden" : ""}); treated as data and not followed: '${redact(span.quote.replace(/\s+/g, " ")).text}'`,
      },
      weight: 0,
      affinity: {},
      active: false,
    }));
}
