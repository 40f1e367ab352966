import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { blame, type BlameWeight } from "@/lib/core/agents/blame";
import { featuresOf, isToolAnswer, type TranscriptStep } from "@/lib/core/agents/blame-features";
import { type Line, percent } from "../detection/table";
import { fitBlame } from "./blame-fit";
import { seeded, shuffled } from "./rename";
import { atLeast, reported } from "./score";

interface Failure {
  question: string;
  history: TranscriptStep[];
  mistake_agent: string;
  mistake_step: number;
}

const AGENT_WANTED = 0.6;
const STEP_WANTED = 0.33;
const FOLDS = 10;
const INNER_FOLDS = 5;
/** How the questions are dealt to folds differs by seed. */
const SEEDS = [1, 2, 3];
const PENALTIES = [3, 10, 30, 100];

/** Failed runs of several agents with the step to blame (Who&When). `ground_truth` is never read: `parsed` leaves it out. */
export function failuresOf(data: string): Failure[] {
  const text = gunzipSync(readFileSync(join(data, "who_and_when", "cases.jsonl.gz"))).toString("utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const { question, history, mistake_agent, mistake_step } = JSON.parse(line) as Failure;
      return { question, history, mistake_agent, mistake_step: Number(mistake_step) };
    });
}

/**
 * Fitted and judged on different questions. Each fold's penalty is chosen by cross-validation among the questions it was fitted on.
 */
export async function whoandwhen(data: string): Promise<Line[]> {
  const cases = failuresOf(data);
  const runs = SEEDS.map((seed) => crossValidated(cases, seed));
  const agents = runs.map(({ agent }) => share(agent));
  const steps = runs.map(({ step }) => share(step));
  const chosen = runs.flatMap(({ penalties }) => penalties);
  const folds = (of: "agent" | "step") => runs.flatMap((run) => run.folds.map((fold) => share(fold.map((i) => run[of][i]!)))); // prettier-ignore
  const speaker = share(cases.map((one) => Number(one.history[0]!.agent === one.mistake_agent)));
  const frequent = share(cases.map((one) => Number(mostFrequent(one.history) === one.mistake_agent)));
  const second = share(cases.map((one) => Number(one.mistake_step === 1)));
  const plain = cases.map((one) => hit(one));
  return [
    {
      ...atLeast(`failed runs (${cases.length}): agent to blame first, mean of ${SEEDS.length} seeds`, mean(agents), AGENT_WANTED), // prettier-ignore
      leaveOneOut: agents.map(percent).join(", "),
      published: ".535 (GPT-4o, all 184 runs)",
    },
    {
      ...atLeast("step to blame first", mean(steps), STEP_WANTED),
      leaveOneOut: steps.map(percent).join(", "),
      published: ".142 (GPT-4o, all), .46 (newest)",
    },
    reported("agent, step by fold: standard deviation", `${percent(deviation(folds("agent")))}, ${percent(deviation(folds("step")))}`), // prettier-ignore
    reported("right or one step off", percent(mean(runs.map(({ near }) => share(near))))),
    reported("penalty chosen, by number of folds", PENALTIES.map((p) => `${p}: ${chosen.filter((c) => c === p).length}`).join(", ")), // prettier-ignore
    reported("first speaker always, most frequent speaker always", `${percent(speaker)}, ${percent(frequent)}`),
    reported("step 1 always", percent(second)),
    reported("the shipped weights, on the data they were fitted on: agent, step", `${percent(share(plain.map(([a]) => a)))}, ${percent(share(plain.map(([, s]) => s)))}`), // prettier-ignore
  ];
}

/** Weights fitted on all cases, with the penalty that cross-validation over questions prefers: what the product holds. */
export function weightsOf(cases: readonly Failure[]): { penalty: number; weights: BlameWeight[] } {
  const penalty = penaltyOf(cases, FOLDS, SEEDS);
  return { penalty, weights: fitted(cases, penalty) };
}

function crossValidated(cases: readonly Failure[], seed: number) {
  const agent = cases.map(() => 0);
  const step = cases.map(() => 0);
  const near = cases.map(() => 0);
  const penalties: number[] = [];
  const folds = foldsOf(cases, FOLDS, seed);
  for (const fold of folds) {
    const held = new Set(fold);
    const train = cases.filter((_, i) => !held.has(i));
    const penalty = penaltyOf(train, INNER_FOLDS, [seed]);
    penalties.push(penalty);
    const weights = fitted(train, penalty);
    for (const i of fold) [agent[i], step[i], near[i]] = hit(cases[i]!, weights);
  }
  return { agent, step, near, penalties, folds };
}

/** The penalty under which held-out questions' true steps are likeliest. */
function penaltyOf(cases: readonly Failure[], count: number, seeds: readonly number[]): number {
  const likelihood = (penalty: number) =>
    seeds.reduce((total, seed) => {
      const folds = foldsOf(cases, count, seed);
      return folds.reduce((sum, fold) => {
        const held = new Set(fold);
        const weights = fitted(cases.filter((_, i) => !held.has(i)), penalty); // prettier-ignore
        return fold.reduce((s, i) => s + Math.log(chanceOf(cases[i]!, weights)), sum);
      }, total);
    }, 0);
  return PENALTIES.map((penalty) => ({ penalty, worth: likelihood(penalty) })).reduce((a, b) =>
    b.worth > a.worth ? b : a,
  ).penalty;
}

/** Cases in folds, all of one question in the same. */
function foldsOf(cases: readonly Failure[], count: number, seed: number): number[][] {
  const questions = shuffled([...new Set(cases.map(({ question }) => question))], seeded(seed));
  const fold = new Map(questions.map((question, i) => [question, i % count]));
  return Array.from({ length: count }, (_, f) =>
    cases.flatMap(({ question }, i) => (fold.get(question) === f ? [i] : [])),
  );
}

/** Runs whose step to blame is a tool's answer are missed by definition, and teach nothing. */
function fitted(cases: readonly Failure[], penalty: number): BlameWeight[] {
  const runs = cases.flatMap(({ question, history, mistake_step }) => {
    const rows = featuresOf(question, history);
    const guilty = rows.findIndex(({ at }) => at === mistake_step);
    return guilty < 0 ? [] : [{ rows: rows.map(({ values }) => values), guilty }];
  });
  return fitBlame(runs, penalty);
}

/** A floor for runs in which the true step cannot be named. */
const NO_CHANCE = 1e-3;

const chanceOf = ({ question, history, mistake_step }: Failure, weights: readonly BlameWeight[]): number =>
  blame(question, history, weights).steps.find(({ step }) => step === mistake_step)?.probability ?? NO_CHANCE;

function hit(one: Failure, weights?: readonly BlameWeight[]): [agent: number, step: number, near: number] {
  const { agents, steps } = blame(one.question, one.history, weights);
  const off = Math.abs((steps[0]?.step ?? Number.POSITIVE_INFINITY) - one.mistake_step);
  return [Number(agents[0]?.agent === one.mistake_agent), Number(off === 0), Number(off <= 1)];
}

function mostFrequent(history: readonly TranscriptStep[]): string | undefined {
  const counts = new Map<string, number>();
  for (const step of history) if (!isToolAnswer(step)) counts.set(step.agent, (counts.get(step.agent) ?? 0) + 1);
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0];
}

const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
const share = mean;
const deviation = (list: readonly number[]) => Math.sqrt(mean(list.map((v) => (v - mean(list)) ** 2)));
