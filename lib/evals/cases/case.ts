import { createRng } from "@/seeds/fleet/rng";
import { AGENT_CLASSES, type AgentClass, type AgentPlot, drawAgentCase } from "@/seeds/scenarios/agent-classes";
import { drawPlot, later, SERVICE_CLASSES, type ServiceClass } from "@/seeds/scenarios/classes";
import { generate } from "@/seeds/scenarios/generate";
import { type Plot, PLOTS } from "@/seeds/scenarios/plots";
import type { EvalSet } from "@/lib/contracts/evals";
import type { Truth } from "@/lib/core/scoring/truth";
import { type CaseKey, idOf } from "./case-key";

interface Case {
  key: CaseKey;
  id: string;
  title: string;
  /** Read only once the case has been played. `at`: when it was alerted, or an agent's trouble began, epoch ms. */
  truth: (at: number) => Truth;
  /** Ground truth, in a sentence; as secret as the truth. */
  why: string;
}

export interface ServiceCase extends Case {
  /** As its files hold it. */
  evidence: unknown;
  after: unknown;
}

export interface AgentCase extends Case {
  /** The agents, what becomes of them, and what of it was announced. */
  evidence: Omit<AgentPlot, "answer">;
}

/** Each set has a seed of its own, and each further draw of it another. */
const SEEDS: Record<EvalSet, number> = { dev: 20_261, second: 7_700_001 };

export const isServiceClass = (of: string): of is ServiceClass => Object.hasOwn(SERVICE_CLASSES, of);

export const isAgentClass = (of: string): of is AgentClass => Object.hasOwn(AGENT_CLASSES, of);

const seedOf = ({ set, draw }: CaseKey): number =>
  Math.floor(createRng(SEEDS[set]).fork(String(draw)).next() * 2 ** 31);

/** Makes a case of services. The same key makes the same case. Throws for a class that there is not. */
export function makeServiceCase(key: CaseKey): ServiceCase {
  if (!isServiceClass(key.class)) throw new Error(`there is no class "${key.class}"`);
  const { evidence, answer, after } = generate(later(plotOf(key, key.class), key.lateMin));
  return {
    key,
    id: idOf(key),
    title: evidence.title,
    why: answer.why,
    evidence,
    after,
    truth: (alertedAt) => ({
      ...answer.truth,
      onsetAt: answer.onset === null ? null : alertedAt + answer.onset * 1_000,
    }),
  };
}

function plotOf(key: CaseKey, of: ServiceClass): Plot {
  const recorded =
    key.set === "dev" && key.draw === 0 ? PLOTS.find(({ id }) => id === idOf({ ...key, lateMin: 0 })) : null;
  return recorded ?? drawPlot(of, key.number, seedOf(key));
}

/** A case of agents has no alert whose name it could bear: what Sentinel opens says what it is. */
const TITLE_OF_AGENTS: Record<AgentClass, string> = {
  behaviour: "An agent among its peers",
  surroundings: "Agents and what they depend on",
  content: "An agent and what it reads",
  healthy: "Agents at work",
};

/** Makes a case of agents. The same key makes the same case; `lateMin` shifts nothing in it. Throws for a class that there is not. */
export function makeAgentCase(key: CaseKey): AgentCase {
  if (!isAgentClass(key.class)) throw new Error(`there is no class "${key.class}"`);
  const { answer, ...evidence } = drawAgentCase(key.class, key.number, seedOf(key));
  const { truth } = answer;
  return {
    key,
    id: idOf(key),
    title: TITLE_OF_AGENTS[key.class],
    why: answer.why,
    evidence,
    truth: (startsAt) => ({ ...truth, onsetAt: truth.onsetAt === null ? null : startsAt + truth.onsetAt }),
  };
}
