import type { Truth } from "@/lib/core/scoring/truth";
import { createRng, type Rng } from "../fleet/rng";
import { type AgentSpec, between, drawFleet, hex } from "./agent-fleet";
import { AgentHost, type Trouble } from "./agent-host";
import { type AgentFault, remediesOn, TROUBLES } from "./agent-troubles";

/** Of each class of incidents of agents: how many cases of it a set holds. */
export const AGENT_CLASSES = { behaviour: 5, surroundings: 5, content: 5, healthy: 5 } as const;
export type AgentClass = keyof typeof AGENT_CLASSES;

/** Every agent has worked for so long before anything happens, ms: some forty runs, a few hundred events, of which its baseline is made. */
export const HISTORY_MS = 6 * 60_000;
/** How widely the vitals of some healthy fleets vary: a hundredth of their calls is six times as long as the median, or longer. */
const HEAVY_SD = 0.8;

export interface AgentPlot {
  id: string;
  seed: number;
  fleet: AgentSpec[];
  /** What begins to be otherwise; it is no fault where it was announced. */
  trouble: Trouble | null;
  /** What is announced at the moment when it begins. */
  changes: { agent: string; kind: "prompt" | "model"; to: string }[];
  answer: { class: AgentClass; why: string; truth: Truth };
}

/** What a proposal could do to an agent. */
const ACTS = ["reset_memory", "rollback_prompt", "reduce_autonomy", "revoke_tools", "clone_agent"];

/** A case of a class, drawn by seed: a fleet, what goes wrong in it, and what is true. The same seed gives the same case. `number` is its number within its class, from 1. */
export function drawAgentCase(of: AgentClass, number: number, seed: number): AgentPlot {
  const rng = createRng(seed).fork(`agents ${of} ${number}`);
  const id = `${of}-${String(number).padStart(2, "0")}`;
  const plot = of === "healthy" ? well(number, rng) : ill(of, number, rng);
  return { id, seed: Math.floor(rng.fork("events").next() * 2 ** 31), ...plot };
}

/** The hosts of a plot, when its trouble begins at `startsAt`, epoch ms. */
export const hostsOf = ({ fleet, trouble, seed }: Omit<AgentPlot, "answer">, startsAt: number): AgentHost[] =>
  fleet.map((spec) => new AgentHost(spec, trouble, startsAt, startsAt - HISTORY_MS, seed));

function ill(of: keyof typeof TROUBLES, number: number, rng: Rng): Omit<AgentPlot, "id" | "seed"> {
  const fleet = drawFleet(rng);
  const draw = TROUBLES[of][number - 1] ?? rng.pick(TROUBLES[of]);
  const { trouble, why, causes, remedies, words } = draw(fleet, rng);
  return { fleet, trouble, changes: [], answer: { class: of, why, truth: truthOf(fleet, { trouble, causes, remedies, words }) } }; // prettier-ignore
}

function truthOf(fleet: readonly AgentSpec[], fault: Omit<AgentFault, "why">): Truth {
  const { trouble, causes, remedies, words } = fault;
  const isExternal = remedies.right.includes("none") && trouble.agents.length > 1;
  const untouchable = fleet.map(({ id }) => id).filter((id) => isExternal || !trouble.agents.includes(id));
  return {
    healthy: false,
    onsetAt: 0,
    severity: { from: 3, to: 10 },
    causes: { ...causes, forbidden: [] },
    remedies: {
      right: remediesOn(remedies.right, trouble.agents),
      acceptable: remediesOn(remedies.acceptable, trouble.agents),
      // Whoever is well is left alone.
      forbidden: remediesOn(ACTS, untouchable),
    },
    words: { required: words, forbidden: [] },
  };
}

/** Heavy tails, or a change that was announced: nobody is to be held. */
function well(number: number, rng: Rng): Omit<AgentPlot, "id" | "seed"> {
  const heavy = number % 2 === 1;
  const fleet = drawFleet(rng, heavy ? HEAVY_SD : between(rng, 0.3, 0.5));
  const agent = rng.pick(fleet);
  const to = number % 4 === 2 ? hex(rng) : `${agent.model}.1`;
  const kind = number % 4 === 2 ? "prompt" : "model";
  const times = { latency: 3, input: 3, output: 3 };
  const effect = { times, ...(kind === "prompt" ? { promptHash: to } : { model: to }) };
  return {
    fleet,
    trouble: heavy ? null : { agents: [agent.id], effect, lastsMs: null, cures: [] },
    changes: heavy ? [] : [{ agent: agent.id, kind, to }],
    answer: {
      class: "healthy",
      why: heavy
        ? "calls of every size and length are usual here"
        : `a new ${kind} of ${agent.id}, announced, takes three times as much of everything`,
      truth: {
        healthy: true,
        onsetAt: null,
        severity: null,
        causes: { right: [], acceptable: [], forbidden: [] },
        remedies: { right: [{ action: "none", target: "*" }], acceptable: [], forbidden: remediesOn(ACTS, fleet.map(({ id }) => id)) }, // prettier-ignore
        words: { required: [], forbidden: [] },
      },
    },
  };
}
