import type { Rng } from "../fleet/rng";

export interface ToolSpec {
  name: string;
  sideEffect: "read" | "write" | "external";
  /** Median of a call, ms. */
  ms: number;
  /** Median size of a result. */
  bytes: number;
}

/** An agent as it is while all is well. Medians; what varies about them does so with log-sd `sd`. */
export interface AgentSpec {
  id: string;
  type: string;
  model: string;
  provider: string;
  promptHash: string;
  toolsHash: string;
  tools: ToolSpec[];
  /** Model calls of a run. */
  calls: number;
  latencyMs: number;
  inputTokens: number;
  outputTokens: number;
  /** USD for a million tokens. */
  price: { input: number; output: number };
  sd: number;
  /** Between two runs. */
  pauseMs: number;
}

const TYPES = ["invoice-matching", "ticket-triage", "contract-review", "catalog-editing", "claims-intake", "release-notes", "lead-research", "code-review", "travel-booking", "payroll-checks"]; // prettier-ignore
const READS = ["search_orders", "fetch_page", "lookup_customer", "read_file", "query_warehouse", "list_tickets", "get_policy", "find_contacts"]; // prettier-ignore
const WRITES = ["update_ticket", "save_draft", "write_file", "post_note"];
const PROVIDERS = [
  { name: "northwind-ai", models: ["nw-large-2", "nw-small-2"] },
  { name: "heliograph", models: ["helio-4", "helio-4-mini"] },
  { name: "cedar", models: ["cedar-pro", "cedar-flash"] },
  { name: "oxbow", models: ["oxbow-7", "oxbow-7-lite"] },
] as const;
/** Tools that act on the outside, which agents of these fleets have no reason to use. */
const OUTWARD = ["send_email", "http_post", "upload_file", "create_share_link", "pay_invoice"];

export const between = (rng: Rng, from: number, to: number) => from + rng.next() * (to - from);
/** A whole number, both ends included. */
export const whole = (rng: Rng, from: number, to: number) => from + Math.floor(rng.next() * (to - from + 1));
export const hex = (rng: Rng) => Math.floor(rng.next() * 2 ** 32).toString(16).padStart(8, "0"); // prettier-ignore

/** Five to eight agents of one or two types. All but the last use one provider, so that what they share can be told from what they are. */
export function drawFleet(rng: Rng, sd = between(rng, 0.25, 0.5)): AgentSpec[] {
  const count = whole(rng, 5, 8);
  const firstType = rng.pick(TYPES);
  const secondType = rng.pick(TYPES.filter((type) => type !== firstType));
  const split = rng.chance(0.5) ? count : whole(rng, 3, count - 1);
  const shared = rng.pick(PROVIDERS);
  const other = rng.pick(PROVIDERS.filter(({ name }) => name !== shared.name));
  const oneModel = rng.chance(0.5) ? rng.pick(shared.models) : null;
  const kinds = [kindOf(firstType, rng), kindOf(secondType, rng)];
  return Array.from({ length: count }, (_, n) => {
    const kind = kinds[n < split ? 0 : 1]!;
    const last = n === count - 1;
    return {
      ...kind,
      id: `${kind.type}-${n + 1}`,
      provider: last ? other.name : shared.name,
      model: last ? rng.pick(other.models) : (oneModel ?? shared.models[n % 2]!),
      latencyMs: kind.latencyMs * between(rng, 0.8, 1.25),
      inputTokens: kind.inputTokens * between(rng, 0.8, 1.25),
      outputTokens: kind.outputTokens * between(rng, 0.8, 1.25),
      sd,
    };
  });
}

function kindOf(type: string, rng: Rng): Omit<AgentSpec, "id" | "provider" | "model" | "sd"> {
  const reads = rng.pick([0, 2, 4]);
  const tools = [READS[reads]!, READS[reads + 1]!, rng.pick(WRITES)].map((name, n): ToolSpec => ({
    name,
    sideEffect: n === 2 ? "write" : "read",
    ms: between(rng, 150, 700),
    bytes: between(rng, 800, 4_000),
  }));
  return {
    type,
    promptHash: hex(rng),
    toolsHash: hex(rng),
    tools,
    calls: whole(rng, 3, 4),
    latencyMs: between(rng, 700, 1_600),
    inputTokens: between(rng, 900, 3_000),
    outputTokens: between(rng, 120, 400),
    price: { input: between(rng, 0.4, 3), output: between(rng, 2, 12) },
    pauseMs: between(rng, 1_500, 4_000),
  };
}

/** A tool that acts on the outside, of which nobody has heard so far. */
export const drawOutward = (rng: Rng): ToolSpec => ({
  name: rng.pick(OUTWARD),
  sideEffect: "external",
  ms: between(rng, 200, 600),
  bytes: between(rng, 100, 400),
});
