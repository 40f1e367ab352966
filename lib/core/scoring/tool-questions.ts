import { canonicalJson } from "../base/digest";
import { goodCauses } from "./fits";
import { knowing, ofOpened, type Question, said } from "./question";
import type { OpenedIncident, ToolCall } from "./trajectory";
import { asksAbout } from "./triage-questions";

/** The budget of one investigation; see the limits of lib/agents/budget.ts. */
const CALLS_MAX = 15;
/** Two thirds of it: the analysis without a model needs nine, which leaves one to look again. */
const CALLS_LEAN = 10;
/** Half of an investigation's two minutes, and a quarter. */
const READING_SECONDS = [60, 30] as const;

/** The same reading is the same whatever the order of its arguments, and whatever the case of its words. */
function keyOf({ tool, args }: ToolCall): string {
  try {
    return `${tool} ${canonicalJson(args ?? null)}`.toLowerCase();
  } catch {
    // Arguments that JSON cannot say were no arguments of ours; they are compared by how they print.
    return `${tool} ${String(args)}`;
  }
}

/** Only of what called tools: repeating a call cannot undo that. */
const ofCalls = (ask: (calls: readonly ToolCall[], opened: OpenedIncident) => ReturnType<typeof said> | null) =>
  ofOpened((opened) => (opened.calls.length === 0 ? null : ask(opened.calls, opened)));

/** The calls of which an equal one `was` before. */
function repeated(calls: readonly ToolCall[], was: (earlier: ToolCall) => boolean): string[] {
  const before = new Set<string>();
  return calls.flatMap((call) => {
    const again = before.has(keyOf(call));
    if (was(call)) before.add(keyOf(call));
    return again ? [call.tool] : [];
  });
}

const atMost = (calls: number, id: string): Question => ({
  id,
  dimension: "tool_efficiency",
  text: `Were at most ${calls} tool calls made?`,
  needsTruth: false,
  weight: 1,
  ask: ofCalls(({ length }) => said(length <= calls, `${length} calls`, `${length} calls`)),
});

const readWithin = (seconds: number): Question => ({
  id: `reading_within_${seconds}_s`,
  dimension: "tool_efficiency",
  text: `Did the tool calls take at most ${seconds} seconds together?`,
  needsTruth: false,
  weight: 1,
  ask: ofCalls((calls) => {
    const took = calls.reduce((sum, { ms }) => sum + Math.max(0, ms), 0) / 1000;
    return said(took <= seconds, `${took.toFixed(1)} s`, `${took.toFixed(1)} s`);
  }),
});

export const TOOL_QUESTIONS: readonly Question[] = [
  {
    id: "no_call_repeated",
    dimension: "tool_efficiency",
    text: "Was no tool call repeated?",
    needsTruth: false,
    weight: 2,
    ask: ofCalls((calls) => {
      const again = repeated(calls, () => true);
      return said(again.length === 0, "every call is different", `repeated: ${again.join(", ")}`);
    }),
  },
  {
    id: "no_failed_call_repeated",
    dimension: "tool_efficiency",
    text: "Was no tool call made again after it failed?",
    needsTruth: false,
    weight: 1,
    ask: ofCalls((calls) => {
      const again = repeated(calls, ({ ok }) => !ok);
      return said(again.length === 0, "none was", `again after a failure: ${again.join(", ")}`);
    }),
  },
  atMost(CALLS_MAX, "calls_within_budget"),
  atMost(CALLS_LEAN, "calls_lean"),
  ...READING_SECONDS.map(readWithin),
  {
    id: "cause_reached",
    dimension: "tool_efficiency",
    text: "Did the investigation read data of the service or agent at fault?",
    needsTruth: true,
    weight: 2,
    ask: knowing(({ opened }, truth) => {
      const nodes = goodCauses(truth).flatMap(({ node }) => (node === null ? [] : [node]));
      if (opened === null || opened.calls.length === 0 || nodes.length === 0) return null;
      const reached = nodes.filter(
        (node) =>
          opened.findings.some((finding) => finding.node === node) ||
          opened.calls.some((call) => call.ok && asksAbout(call, node)),
      );
      return said(reached.length > 0, `reached ${reached.join(", ")}`, `no data of ${nodes.join(", ")} was read`);
    }),
  },
  {
    id: "nothing_ran_out",
    dimension: "tool_efficiency",
    text: "Did the investigation stay within its budget?",
    needsTruth: false,
    weight: 1,
    ask: ofCalls((_, { ranOut }) => said(ranOut.length === 0, "it did", `ran out: ${ranOut.join(", ")}`)),
  },
];
