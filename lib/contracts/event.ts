import { z } from "zod";
import { QUEUED_DECISIONS } from "@/lib/core/base/hold-levels";
import { EVENT_KINDS } from "@/lib/core/base/vocabulary";
import { identifier, nameText } from "./plain-text";
import { timestamp } from "./timestamp";

/** Bounds of what an agent may say. Wide enough for any real call, narrow enough that one event cannot hurt the rest. */
export const EVENT_LIMITS = {
  /** Ids and names: longer ones are hashes of something that belongs in attributes. */
  name: 200,
  /** Tokens, bytes, counts: beyond this a number is a unit mistake. */
  count: 1e12,
  /** A day and a half in ms: no single call lasts longer. */
  latencyMs: 1.3e8,
  /** USD for one event. */
  cost: 1e6,
  attributes: 32,
  attributeText: 500,
  mcpServers: 50,
  eventsPerRequest: 1000,
  /** Bytes after inflation. */
  bodyBytes: 1_000_000,
} as const;

const name = nameText(EVENT_LIMITS.name);
/** An optional name: null and "" say the same as leaving it out. */
const maybeName = name.or(z.literal("")).nullish();
const id = identifier(EVENT_LIMITS.name);
const count = z.number().min(0).max(EVENT_LIMITS.count);
const ms = z.number().min(0).max(EVENT_LIMITS.latencyMs);

const common = {
  agent_id: id,
  agent_type: id.or(z.literal("")).nullish(),
  kind: z.enum(EVENT_KINDS).nullish(),
  timestamp: timestamp.nullish(),
  sequence: z.int().min(0).max(Number.MAX_SAFE_INTEGER).nullish(),
  instance_id: maybeName,
  run_id: maybeName,
  parent_run_id: maybeName,
  root_run_id: maybeName,
  task_id: maybeName,
  environment: maybeName,
  version: maybeName,
  sdk_version: maybeName,
  directive_version: z.int().min(0).nullish(),
  directive_hash: maybeName,
  enforced: z
    .boolean()
    .nullish()
    .describe("true only once the guard enforces the directive and no earlier work is still running"),
  mcp_servers: z.array(name).max(EVENT_LIMITS.mcpServers).nullish(),
  tools_hash: maybeName.describe("hash of the names, descriptions and schemas of the tools offered to the model"),
  permission_mode: maybeName.describe("what the agent may do without asking its user, in the program's own terms"),
  attributes: z
    .record(name, z.union([z.string().max(EVENT_LIMITS.attributeText), z.number(), z.boolean(), z.null()]))
    .refine((r) => Object.keys(r).length <= EVENT_LIMITS.attributes, `at most ${EVENT_LIMITS.attributes} attributes`)
    .nullish(),
};

const call = {
  model: maybeName,
  response_model: maybeName,
  effort: maybeName.describe("the configured reasoning effort, such as low or high"),
  provider: maybeName,
  region: maybeName,
  latency_ms: ms.nullish(),
  ttft_ms: ms.nullish(),
  input_tokens: count.nullish().describe("including cached tokens"),
  output_tokens: count.nullish(),
  cached_input_tokens: count.nullish(),
  cache_write_tokens: count.nullish(),
  reasoning_tokens: count.nullish(),
  token_count: count.nullish(),
  cost: z.number().min(0).max(EVENT_LIMITS.cost).nullish().describe("USD"),
  retries: count.nullish(),
  attempts: z.number().min(1).max(EVENT_LIMITS.count).nullish(),
  http_status: z
    .int()
    .min(-1)
    .max(999)
    .nullish()
    .describe("100 to 599; values outside this range, such as 0 when no response arrived, count as unknown"),
  finish_reason: maybeName,
  success: z.boolean().nullish(),
  error_type: maybeName,
  prompt_hash: maybeName,
  prompt_version: maybeName,
  step_kind: maybeName,
  tool_calls: count.nullish(),
};

const tool = {
  tool: maybeName,
  action_hash: maybeName,
  result_hash: maybeName,
  side_effect: z.enum(["read", "write", "external"]).nullish(),
  result_bytes: count.nullish(),
};

const ending = {
  outcome: maybeName,
  score: z.number().min(-1e9).max(1e9).nullish(),
  label: maybeName,
};

/**
 * One event of an agent. Only `agent_id` is required; what is missing (or null) is unknown, never 0. Unknown fields are
 * left out and named in the answer, so that a misspelled one cannot silently vanish; free data goes into `attributes`.
 */
export const AgentEvent = z
  .object({ ...common, ...call, ...tool, ...ending })
  .refine(({ kind, outcome }) => kind !== "queued_task" || QUEUED_DECISIONS.some((one) => one === outcome), {
    path: ["outcome"],
    message: `of a queued_task must be one of ${QUEUED_DECISIONS.join(", ")}`,
  })
  .meta({ id: "AgentEvent" });
/** Whether an HTTP status says something: clients write 0, -1 or the like where no answer came. */
export const isHttpStatus = (status: number): boolean => status >= 100 && status <= 599;
export type AgentEvent = z.infer<typeof AgentEvent>;

/** Every field an event may have, to tell a caller which of theirs were not understood. */
export const EVENT_FIELDS: ReadonlySet<string> = new Set(Object.keys(AgentEvent.shape));
