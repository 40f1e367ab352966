import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { z } from "zod";
import { blame } from "@/lib/core/agents/blame";

/** Larger than any run that somebody would read, and quick to parse. */
const FILE_CHARS = 50_000_000;
/** Steps that are shown. */
const SHOWN = 3;

const Named = z.object({ role: z.string().optional(), content: z.string() });
const Step = z
  .union(
    [
      Named.extend({ agent: z.string().min(1) }),
      Named.extend({ name: z.string().min(1) }).transform(({ name, ...rest }) => ({ ...rest, agent: name })),
    ],
    "needs agent or name, and content, as strings",
  )
  .transform(({ agent, role, content }) => ({ agent, role, content }));
const Transcript = z.object({ question: z.string().default(""), history: z.array(Step).min(1, "has no steps") });

const HELP = `
The file holds what the agents said, in order; the question they had to answer is optional:
  {"question": "…", "history": [{"agent": "Planner", "role": "assistant", "content": "…"}, …]}
\`name\` is accepted instead of \`agent\`, and the bare list instead of the object. Steps count from 0. Tool results (role tool, or an agent named like a terminal) are read but never blamed. Nothing in the text is executed or followed. No model is called.

On failures that were not used for fitting, the top agent was right in about two of three runs and the top step in nearly half: a place to look first, not a verdict.

Example:
  sentinel blame --input run.json --json
`;

/** Adds `blame` to the command line. */
export function registerBlame(program: Command): void {
  program
    .command("blame")
    .description("Which agent and step of a failed multi-agent run is likely to blame, without a model")
    .requiredOption("--input <file>", "transcript as JSON")
    .option("--json", "print {agents, steps} with probabilities")
    .addHelpText("after", HELP)
    .action(async ({ input, json }: { input: string; json?: boolean }) => {
      const { question, history } = parse(await read(input));
      const found = blame(question, history);
      process.stdout.write(json ? `${JSON.stringify(found)}\n` : textOf(found));
    });
}

async function read(input: string): Promise<string> {
  const text = await readFile(input, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`--input: cannot read ${input} (${cause.code ?? cause.message})`, { cause });
  });
  if (text.length > FILE_CHARS) throw new Error(`--input: more than ${FILE_CHARS / 1e6} million characters`);
  return text;
}

/** A transcript from a file's text. Throws an error that names the field. */
export function parse(text: string): z.infer<typeof Transcript> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`--input: not JSON: ${(cause as Error).message}`, { cause });
  }
  const result = Transcript.safeParse(Array.isArray(value) ? { history: value } : value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const [first, ...rest] = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`));
  throw new Error(`--input: ${first === undefined ? "" : `${[first.slice(1), ...rest].join("")}: `}${message}`);
}

/** For people: agents' names are untrusted and shown without what steers a terminal. */
export function textOf({ agents, steps }: ReturnType<typeof blame>): string {
  if (steps.length === 0) return "No agent to blame: the transcript contains only tool results.\n";
  const name = (agent: string) => agent.replace(/\p{C}/gu, "�");
  const percent = (probability: number) => `${Math.round(100 * probability)} %`;
  const lines = steps.slice(0, SHOWN).map(({ step, agent, probability, because }) => {
    const why = because.length > 0 ? `: ${because.join("; ")}` : "";
    return `  history[${step}] ${name(agent)}, ${percent(probability)}${why}`;
  });
  const shown = agents.slice(0, SHOWN).map(({ agent, probability }) => `  ${name(agent)}, ${percent(probability)}`);
  return `Agent to look at first:\n${shown.join("\n")}\nStep to look at first:\n${lines.join("\n")}\n`;
}
