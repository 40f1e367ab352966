import { type AST, RegExpParser } from "@eslint-community/regexpp";

/**
 * A backtracking matcher that counts what it does. It explores what ECMAScript prescribes (sec-pattern-semantics), in the same
 * order as an engine without shortcuts, so that its count bounds the work of a real engine, and depends on no clock.
 */
export interface StepCounter {
  /** Steps to find every match in `text`, from left to right; stops counting at `limit`. */
  count(text: string, limit: number): number;
}

type Instruction =
  | { op: "one"; accepts: (char: string) => boolean }
  | { op: "run"; accepts: (char: string) => boolean; min: number; max: number; greedy: boolean }
  | { op: "split"; first: number; second: number }
  | { op: "jump"; to: number }
  | { op: "edge"; holds: (text: string, at: number) => boolean }
  | { op: "look"; code: Instruction[]; backward: boolean; negate: boolean }
  | { op: "match" };

/** Copies of a repeated group that are worth laying out; a longer repetition is reported as not supported. */
const MAX_INSTRUCTIONS = 300_000;

/** Throws for what is not supported: back references, and repetitions of something that may be empty. */
export function stepCounter(pattern: RegExp): StepCounter {
  const tree = new RegExpParser({ ecmaVersion: 2024 }).parsePattern(pattern.source, undefined, undefined, {
    unicode: pattern.unicode,
  });
  const code = compile(tree, pattern.flags, false);
  const budget = { steps: 0, limit: 0 };
  return {
    count(text, limit) {
      budget.steps = 0;
      budget.limit = limit;
      try {
        for (let at = 0; at <= text.length;) {
          const end = run(code, text, at, budget, 1);
          if (pattern.sticky || (end !== null && !pattern.global)) break;
          at = end !== null && end > at ? end : at + 1;
        }
      } catch (error) {
        if (!(error instanceof OutOfSteps)) throw error;
      }
      return budget.steps;
    },
  };
}

class OutOfSteps extends Error {}

function compile(pattern: AST.Pattern, flags: string, backward: boolean): Instruction[] {
  const code: Instruction[] = [];
  emitAlternatives(pattern.alternatives, code, flags, backward);
  code.push({ op: "match" });
  return code;
}

function emitAlternatives(
  list: readonly AST.Alternative[],
  code: Instruction[],
  flags: string,
  backward: boolean,
): void {
  const jumps: Extract<Instruction, { op: "jump" }>[] = [];
  for (const [i, alternative] of list.entries()) {
    const last = i === list.length - 1;
    const split = { op: "split", first: code.length + 1, second: 0 } as const satisfies Instruction;
    const at = last ? -1 : code.push({ ...split }) - 1;
    const elements = backward ? alternative.elements.toReversed() : alternative.elements;
    for (const element of elements) emit(element, code, flags, backward);
    if (last) break;
    const jump = { op: "jump", to: 0 } satisfies Instruction;
    jumps.push(jump);
    code.push(jump);
    (code[at] as Extract<Instruction, { op: "split" }>).second = code.length;
  }
  for (const jump of jumps) jump.to = code.length;
  if (code.length > MAX_INSTRUCTIONS) throw new Error("too many copies of a repeated group");
}

function emit(node: AST.Element, code: Instruction[], flags: string, backward: boolean): void {
  switch (node.type) {
    case "Character":
    case "CharacterSet":
    case "CharacterClass":
    case "ExpressionCharacterClass":
      code.push({ op: "one", accepts: accepts(node.raw, flags) });
      return;
    case "Group":
    case "CapturingGroup":
      return emitAlternatives(node.alternatives, code, flags, backward);
    case "Assertion": {
      if (node.kind === "lookahead" || node.kind === "lookbehind") {
        const inner: Instruction[] = [];
        emitAlternatives(node.alternatives, inner, flags, node.kind === "lookbehind");
        inner.push({ op: "match" });
        code.push({ op: "look", code: inner, backward: node.kind === "lookbehind", negate: node.negate });
        return;
      }
      const edge = new RegExp(node.raw, flags.replaceAll(/[gy]/g, "") + "y");
      code.push({
        op: "edge",
        holds: (text, at) => {
          edge.lastIndex = at;
          return edge.test(text);
        },
      });
      return;
    }
    case "Quantifier":
      return emitQuantifier(node, code, flags, backward);
    case "Backreference":
      throw new Error("back references are not linear");
  }
}

function emitQuantifier(node: AST.Quantifier, code: Instruction[], flags: string, backward: boolean): void {
  const { element, min, max, greedy } = node;
  if (element.type === "Character" || element.type === "CharacterSet" || element.type === "CharacterClass") {
    code.push({ op: "run", accepts: accepts(element.raw, flags), min, max, greedy });
    return;
  }
  if (max > 1 && nullable(element)) throw new Error(`a repetition of what may be empty: ${node.raw}`);
  const body = () => emit(element, code, flags, backward);
  for (let i = 0; i < min; i++) body();
  const split = (): Extract<Instruction, { op: "split" }> => {
    const made: Instruction = { op: "split", first: 0, second: 0 };
    code.push(made);
    return made as Extract<Instruction, { op: "split" }>;
  };
  const aim = (at: Extract<Instruction, { op: "split" }>, into: number, past: number) => {
    at.first = greedy ? into : past;
    at.second = greedy ? past : into;
  };
  if (max === Infinity) {
    const begin = code.length;
    const at = split();
    body();
    code.push({ op: "jump", to: begin });
    aim(at, begin + 1, code.length);
    return;
  }
  const splits: [Extract<Instruction, { op: "split" }>, number][] = [];
  for (let i = min; i < max; i++) {
    splits.push([split(), code.length]);
    body();
  }
  for (const [at, into] of splits) aim(at, into, code.length);
}

function nullable(node: AST.Element): boolean {
  switch (node.type) {
    case "Group":
    case "CapturingGroup":
      return node.alternatives.some(({ elements }) => elements.every(nullable));
    case "Quantifier":
      return node.min === 0 || nullable(node.element);
    case "Assertion":
      return true;
    case "Backreference":
      return true;
    case "Character":
    case "CharacterSet":
    case "CharacterClass":
    case "ExpressionCharacterClass":
      return false;
  }
}

/** Whether one character is in a class, asked of the real engine once for each. */
function accepts(raw: string, flags: string): (char: string) => boolean {
  const one = new RegExp(`^(?:${raw})$`, flags.replaceAll(/[gym]/g, ""));
  const known = new Map<string, boolean>();
  return (char) => {
    let answer = known.get(char);
    if (answer === undefined) known.set(char, (answer = one.test(char)));
    return answer;
  };
}

/** The end of the match that begins at `start`, or null. Places left to try are kept on a stack of our own: texts are long. */
function run(
  code: readonly Instruction[],
  text: string,
  start: number,
  budget: { steps: number; limit: number },
  step: 1 | -1,
): number | null {
  /** Triples: where to go on in the code, in the text, and for a run how far it may still be taken back (or forward). */
  const stack: number[] = [0, start, -1];
  const charAt = (at: number) => (step === 1 ? text[at] : text[at - 1]);
  while (stack.length > 0) {
    const bound = stack.pop()!;
    let at = stack.pop()!;
    let pc = stack.pop()!;
    if (bound >= 0) {
      const { greedy, accepts: ok } = code[pc] as Extract<Instruction, { op: "run" }>;
      if (++budget.steps > budget.limit) throw new OutOfSteps();
      const char = charAt(at);
      if (!greedy && (char === undefined || !ok(char))) continue;
      at += greedy ? -step : step;
      if (at !== bound) stack.push(pc, at, bound);
      pc += 1;
    }
    threading: for (;;) {
      if (++budget.steps > budget.limit) throw new OutOfSteps();
      const instruction = code[pc]!;
      switch (instruction.op) {
        case "match":
          return at;
        case "one": {
          const char = charAt(at);
          if (char === undefined || !instruction.accepts(char)) break threading;
          at += step;
          pc += 1;
          break;
        }
        case "run": {
          const { min, max, greedy } = instruction;
          const most = greedy ? max : min;
          let taken = 0;
          for (; taken < most; taken++) {
            const char = charAt(at);
            if (char === undefined || !instruction.accepts(char)) break;
            at += step;
            if (++budget.steps > budget.limit) throw new OutOfSteps();
          }
          if (taken < min) break threading;
          const bound = greedy
            ? at - step * (taken - min)
            : max === Infinity
              ? Number.MAX_SAFE_INTEGER
              : at + step * (max - min);
          if (bound !== at) stack.push(pc, at, Math.max(bound, 0));
          pc += 1;
          break;
        }
        case "split":
          stack.push(instruction.second, at, -1);
          pc = instruction.first;
          break;
        case "jump":
          pc = instruction.to;
          break;
        case "edge":
          if (!instruction.holds(text, at)) break threading;
          pc += 1;
          break;
        case "look":
          if ((run(instruction.code, text, at, budget, instruction.backward ? -1 : 1) !== null) === instruction.negate)
            break threading;
          pc += 1;
          break;
      }
    }
  }
  return null;
}
