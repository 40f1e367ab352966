import { CORPUS } from "./corpus";
import { CURRENCIES } from "./rates-service";
import type { Rng } from "./rng";
import { MEASURES, PRODUCTS, REGIONS } from "./tables";
import type { ToolName } from "./tools";

export type AgentType = "Research" | "Data" | "Analytics" | "Coordinator";

export interface AgentSpec {
  id: string;
  type: AgentType;
  provider: ProviderName;
}

/** Invented providers, so that nobody's real model looks ill in a demo. Each serves five agents. */
export const PROVIDERS = {
  aurora: { name: "aurora", model: "aurora-2-large", price: { input: 3, output: 15, cachedInput: 0.3 } },
  basalt: { name: "basalt", model: "basalt-mini", price: { input: 0.4, output: 1.6, cachedInput: 0.1 } },
  cirrus: { name: "cirrus", model: "cirrus-1", price: { input: 1.1, output: 4.4, cachedInput: 0.55 } },
} as const;
export type ProviderName = keyof typeof PROVIDERS;

interface Kind {
  prompt: string;
  tools: ToolName[];
  mcpServers: string[];
  task: (rng: Rng) => string;
}

const subject = (rng: Rng) => `"${rng.pick(CORPUS).title.toLowerCase()}"`;
const noted = (rng: Rng, task: string) => (rng.chance(0.25) ? `${task} Note it down.` : task);
const twoRegions = (rng: Rng) => {
  const first = rng.pick(REGIONS);
  const rest = REGIONS.filter((r) => r !== first);
  return rng.chance(0.4) ? `"${first}" and "${rng.pick(rest)}"` : `"${first}"`;
};

export const KINDS: Record<AgentType, Kind> = {
  Research: {
    prompt: "You look things up in the company handbook and say what it says, no more. Steps: search_documents, remember. Answer in about 60 words.",
    tools: ["search_documents", "remember"],
    mcpServers: ["handbook"],
    task: (rng) => noted(rng, rng.chance(0.4) ? `Compare ${subject(rng)} with ${subject(rng)}.` : `Find out about ${subject(rng)}.`),
  },
  Data: {
    prompt: "You answer questions about orders with figures and convert them where asked. Steps: query_table, fetch_rate, calculate, remember. Answer in about 35 words.",
    tools: ["query_table", "fetch_rate", "calculate", "remember"],
    mcpServers: ["orders", "rates"],
    task: (rng) => noted(rng, `Give "${rng.pick(MEASURES)}" of "${rng.pick(PRODUCTS)}" for ${twoRegions(rng)} in "${rng.pick(CURRENCIES)}".`),
  },
  Analytics: {
    prompt: "You explain how the business is doing, from figures first and rules second. Steps: query_table, calculate, search_documents, remember. Answer in about 80 words.",
    tools: ["query_table", "calculate", "search_documents", "remember"],
    mcpServers: ["orders", "handbook"],
    task: (rng) => noted(rng, `Explain "${rng.pick(MEASURES)}" of "${rng.pick(PRODUCTS)}" in ${twoRegions(rng)}.`),
  },
  Coordinator: {
    prompt: "You break questions down, hand parts to colleagues and sum up what came back. Steps: search_documents, delegate, collect_reports, remember. Answer in about 70 words.",
    tools: ["search_documents", "delegate", "collect_reports", "remember"],
    mcpServers: ["handbook", "desk"],
    task: (rng) => noted(rng, `Prepare a decision on ${subject(rng)}.`),
  },
}; // prettier-ignore

const of = (type: AgentType, names: [string, ProviderName][]): AgentSpec[] =>
  names.map(([name, provider]) => ({ id: `${type.toLowerCase()}-${name}`, type, provider }));

/** The fifteen. Types and providers are mixed, so that neither says much about the other. */
export const ROSTER: readonly AgentSpec[] = [
  ...of("Research", [["ada", "aurora"], ["bela", "basalt"], ["cato", "cirrus"], ["dora", "aurora"]]),
  ...of("Data", [["edda", "basalt"], ["finn", "cirrus"], ["gaia", "aurora"], ["hugo", "basalt"]]),
  ...of("Analytics", [["iris", "cirrus"], ["jana", "aurora"], ["karl", "basalt"], ["lena", "cirrus"]]),
  ...of("Coordinator", [["mira", "aurora"], ["nils", "basalt"], ["olga", "cirrus"]]),
]; // prettier-ignore

/** What every memory begins with: five notes of ordinary length. */
export const STARTER_NOTES = [
  "Looked into refund policy and returns desk; nothing unusual.",
  "Looked into revenue and parcels and north; nothing unusual.",
  "Looked into cold chain; nothing unusual.",
  "Looked into units and crates and west; nothing unusual.",
  "Looked into training plan; nothing unusual.",
];
