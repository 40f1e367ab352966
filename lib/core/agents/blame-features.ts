/** One message of a run of several agents. Text is untrusted data. */
export interface TranscriptStep {
  agent: string;
  role?: string | undefined;
  content: string;
}

/** What is known of one step besides its own text. */
interface Seen {
  step: TranscriptStep;
  at: number;
  all: readonly TranscriptStep[];
  text: string;
  /** What a tool answered to it, and to the step before; null where no tool did. */
  answer: string | null;
  asked: string | null;
  /** Numbers of it that stand nowhere before. */
  fresh: number;
  firstCode: number;
  firstFailure: number;
  /** Share of the agents' own steps that are by its agent. */
  share: number;
}

/** Characters of one message that are read: what it claims stands in them. */
const READ_CHARS = 20_000;
/** Below this, a message is a sign to go on or to stop. */
const SHORT_CHARS = 20;

const FAILURE = /exitcode: ?[1-9]|^Traceback \(most recent call last\)/m;
const NOTHING_TO_RUN = /there is no code/i;
const NUMBER = /\d[\d,.]*/g;
const TOOL_NAME = /terminal|executor|interpreter|^tools?$/i;

/** Whether a step is a tool's answer: it is never to blame for what it was asked. */
export const isToolAnswer = ({ agent, role, content }: TranscriptStep): boolean =>
  role === "tool" || role === "function" || TOOL_NAME.test(agent) || /^\s*exitcode: ?\d/.test(content);

const failed = (answer: string | null): boolean => answer !== null && FAILURE.test(answer);
const succeeded = (answer: string | null): boolean =>
  answer !== null && !FAILURE.test(answer) && !NOTHING_TO_RUN.test(answer);
const code = (text: string) => text.includes("```");
const later = ({ at }: Seen) => at > 0;
const words = (...list: string[]) => new RegExp(`\\b(?:${list.join("|")})\\b`, "i");
const ASSUMES = words("assum\\w*", "hypothetical\\w*", "simulat\\w*", "mock", "sample", "example", "placeholder", "typical\\w*", "estimate\\w*", "suppose", "likely", "presum\\w*"); // prettier-ignore
const CONFIRMS = words("confirm\\w*", "correct", "accurate", "verified", "validated", "no further");
const GIVES_UP = words("unfortunately", "unable", "cannot", "however", "manual\\w*");
const RETRIES = words("it seems", "it appears", "error", "issue", "fix", "instead", "alternative");
const RECALLS = words("known", "knowledge", "based on", "according to");
const PLANS = words("let's", "step", "plan", "next", "will");
const CONCLUDES = words("final (?:answer|result|output)", "the answer", "conclu\\w*");
const CHECKER = /verif|valid|check|critic|review/i;

/** What is read off a step: a measure, and what it means where it speaks for blame. */
export interface BlameFeature {
  name: string;
  says: string;
  of: (seen: Seen) => number | boolean;
}

/**
 * Features of a step, all from the transcript itself. None looks at what the right answer is. Blame for a failed run is given to the
 * step that first made failure unavoidable (Zhang et al., "Which Agent Causes Task Failures and When?", ICML 2025).
 */
export const BLAME_FEATURES: readonly BlameFeature[] = [
  { name: "opening", says: "opens the run", of: ({ at }) => at === 0 },
  { name: "second", says: "is the first step that acts on the task", of: ({ at }) => at === 1 },
  { name: "position", says: "comes late", of: ({ at }) => Math.log1p(at) },
  { name: "last", says: "is the last step", of: ({ at, all }) => at === all.length - 1 },
  { name: "code", says: "runs code", of: (s) => later(s) && code(s.text) },
  { name: "opening_code", says: "opens the run with code", of: (s) => !later(s) && code(s.text) },
  { name: "failed", says: "its code failed", of: (s) => later(s) && failed(s.answer) },
  { name: "succeeded", says: "its code ran", of: (s) => later(s) && succeeded(s.answer) },
  { name: "empty_output", says: "its code printed nothing", of: ({ answer }) => succeeded(answer) && outputOf(answer!).length < 5 }, // prettier-ignore
  { name: "nothing_to_run", says: "gave the tool nothing to run", of: ({ answer }) => NOTHING_TO_RUN.test(answer ?? "") }, // prettier-ignore
  { name: "first_code", says: "runs the first code", of: ({ at, firstCode }) => at === firstCode },
  { name: "first_failure", says: "its code is the first to fail", of: ({ at, firstFailure }) => at + 1 === firstFailure }, // prettier-ignore
  { name: "before_failure", says: "comes before anything failed", of: (s) => later(s) && s.at < s.firstFailure },
  { name: "after_failure", says: "follows code that failed", of: ({ asked }) => failed(asked) },
  { name: "after_success", says: "follows code that ran", of: ({ asked }) => succeeded(asked) },
  { name: "stops", says: "only ends the run", of: ({ text }) => text.includes("TERMINATE") || text.length < SHORT_CHARS }, // prettier-ignore
  { name: "length", says: "is long", of: (s) => (later(s) ? Math.log1p(s.text.length) : 0) },
  { name: "assumes", says: "assumes or makes up data", of: (s) => later(s) && ASSUMES.test(s.text) },
  { name: "confirms", says: "confirms a result", of: (s) => later(s) && CONFIRMS.test(s.text) },
  { name: "gives_up", says: "gives up, or leaves the work to be done manually", of: (s) => later(s) && GIVES_UP.test(s.text) }, // prettier-ignore
  { name: "retries", says: "tries again", of: (s) => later(s) && RETRIES.test(s.text) },
  { name: "recalls", says: "relies on recall instead of a source", of: (s) => later(s) && RECALLS.test(s.text) },
  { name: "plans", says: "plans what to do", of: (s) => later(s) && PLANS.test(s.text) },
  { name: "concludes", says: "states an answer", of: (s) => later(s) && CONCLUDES.test(s.text) },
  { name: "new_agent", says: "is its agent's first", of: (s) => later(s) && !s.all.slice(0, s.at).some(({ agent }) => agent === s.step.agent) }, // prettier-ignore
  { name: "opener", says: "is by the agent that opened the run", of: ({ step, all }) => step.agent === all[0]!.agent },
  { name: "share", says: "is by the most active agent", of: ({ share }) => share },
  { name: "checker", says: "is by an agent whose role is to check", of: ({ step }) => CHECKER.test(step.agent) },
  { name: "same_agent", says: "follows a step of the same agent", of: (s) => later(s) && s.all[s.at - 1]!.agent === s.step.agent }, // prettier-ignore
  { name: "fresh_numbers", says: "states figures that appear nowhere earlier", of: (s) => (later(s) ? Math.log1p(s.fresh) : 0) }, // prettier-ignore
  { name: "unsupported", says: "states new figures without code or a tool result behind them", of: (s) => later(s) && s.fresh > 0 && !code(s.text) && s.asked === null }, // prettier-ignore
];

const outputOf = (answer: string): string => (answer.split(/Code output:/).at(-1) ?? "").trim();

/** The steps that can be to blame and their features, in the order of `BLAME_FEATURES`. */
export function featuresOf(
  question: string,
  steps: readonly TranscriptStep[],
): { at: number; agent: string; values: number[] }[] {
  const texts = steps.map(({ content }) => content.slice(0, READ_CHARS));
  const tools = steps.map(isToolAnswer);
  const toolAt = (i: number) => (tools[i] === true ? texts[i]! : null);
  const own = tools.filter((tool) => !tool).length;
  const firstCode = texts.findIndex((text, i) => i > 0 && !tools[i] && code(text));
  const failure = texts.findIndex((text, i) => tools[i] && failed(text));
  const firstFailure = failure < 0 ? steps.length : failure;
  const spoken = new Map<string, number>();
  steps.forEach(({ agent }, i) => tools[i] || spoken.set(agent, (spoken.get(agent) ?? 0) + 1));
  const told = new Set(question.slice(0, READ_CHARS).match(NUMBER));
  return steps.flatMap((step, at) => {
    const text = texts[at]!;
    const numbers = new Set(text.match(NUMBER));
    const fresh = [...numbers].filter((number) => !told.has(number)).length;
    for (const number of numbers) told.add(number);
    if (tools[at]) return [];
    const share = spoken.get(step.agent)! / own;
    const seen: Seen = { step, at, all: steps, text, answer: toolAt(at + 1), asked: toolAt(at - 1), fresh, firstCode, firstFailure, share }; // prettier-ignore
    return [{ at, agent: step.agent, values: BLAME_FEATURES.map(({ of }) => Number(of(seen))) }];
  });
}
