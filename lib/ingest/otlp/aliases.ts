/* oxlint-disable eslint/max-lines -- one table, in one place */
import { IDENTITY_ATTRIBUTES } from "@/lib/core/agents/identity-template";

/**
 * What programs and conventions call things, as data: the one place to look when a sender is not understood, and the one to
 * change when a name moves. `docs/otlp.md` explains it. Names are tried in their order: the first that a record has counts.
 *
 * Sources: OpenTelemetry GenAI semantic conventions (old and new names), OpenInference, OpenLLMetry, Vercel AI SDK, LiteLLM,
 * Pydantic AI, Google ADK; Claude Code 2.1, Codex 0.171, Gemini CLI 0.61 and GitHub Copilot as they were seen to send.
 */
export const ALIASES_VERSION = "2026-11-28";

/** What an attribute says, by the names that it goes by. */
export const NAMES = {
  session: [
    "session.id",
    "conversation.id",
    "gen_ai.conversation.id",
    "gen_ai.session.id",
    "ai.telemetry.metadata.sessionId",
    "traceloop.association.properties.session_id",
    "gcp.vertex.agent.session_id",
  ],
  model: ["gen_ai.request.model", "model", "llm.model_name", "ai.model.id", "embedding.model_name"],
  answeredBy: ["gen_ai.response.model", "ai.response.model", "llm.response.model"],
  effort: ["effort", "codex.request.reasoning_effort"],
  permissions: ["permission_mode"],
  tools: ["gen_ai.tool.definitions"],
  provider: [
    "gen_ai.provider.name",
    "gen_ai.system",
    "llm.provider",
    "llm.system",
    "ai.model.provider",
    "provider_name",
  ],
  tool: ["gen_ai.tool.name", "tool_name", "function_name", "tool.name", "ai.toolCall.name", "traceloop.entity.name"],
  callId: [
    "gen_ai.tool.call.id",
    "gen_ai.tool.call_id",
    "tool_use_id",
    "call_id",
    "ai.toolCall.id",
    "gen_ai.response.id",
    "request_id",
  ],
  latency: ["duration_ms"],
  firstToken: ["ttft_ms", "ai.response.msToFirstChunk"],
  /** In seconds. */
  firstTokenSeconds: ["gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token"],
  success: ["success"],
  status: ["http.response.status_code", "status_code", "http.status_code"],
  error: ["error.type", "error_type", "exception.type"],
  finish: ["gen_ai.response.finish_reasons", "stop_reason", "ai.response.finishReason", "finish_reasons"],
  step: ["gen_ai.agent.name", "query_source", "role", "ai.telemetry.functionId", "agent.name"],
  attempt: ["attempt"],
  time: ["event.timestamp"],
  sequence: ["event.sequence"],
} as const satisfies Record<string, readonly string[]>;
export type Meaning = keyof typeof NAMES;

/** Attributes that are hashed as they are read, so that a change of them shows, and never kept. */
export const HASHED: ReadonlySet<string> = new Set(NAMES.tools);

/** What is counted of a session. `input` holds cached and cache-writing tokens too; `total` only where it is told apart. */
export const AMOUNTS = [
  "modelCalls",
  "toolCalls",
  "failures",
  "input",
  "output",
  "cached",
  "cacheWrite",
  "reasoning",
  "total",
  "nanoUsd",
] as const;
export type Amount = (typeof AMOUNTS)[number];
export type Amounts = Partial<Record<Amount, number>>;

/** Tokens of a call, by the names of their attributes. */
export const TOKENS = {
  input: [
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.prompt_tokens",
    "input_token_count",
    "input_tokens",
    "llm.token_count.prompt",
    "llm.usage.prompt_tokens",
    "ai.usage.inputTokens",
    "ai.usage.promptTokens",
    "ai.usage.tokens",
  ],
  output: [
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.completion_tokens",
    "output_token_count",
    "output_tokens",
    "llm.token_count.completion",
    "llm.usage.completion_tokens",
    "ai.usage.outputTokens",
    "ai.usage.completionTokens",
  ],
  cached: [
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.cached_input_tokens",
    "gen_ai.usage.details.cache_read_tokens",
    "cache_read_tokens",
    "cached_token_count",
    "cached_content_token_count",
    "llm.token_count.prompt_details.cache_read",
    "ai.usage.inputTokenDetails.cacheReadTokens",
    "ai.usage.cachedInputTokens",
  ],
  cacheWrite: [
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.details.cache_write_tokens",
    "cache_creation_tokens",
    "cache_write_token_count",
    "llm.token_count.prompt_details.cache_write",
    "ai.usage.inputTokenDetails.cacheWriteTokens",
  ],
  reasoning: [
    "gen_ai.usage.reasoning.output_tokens",
    "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.details.reasoning_tokens",
    "codex.usage.reasoning_output_tokens",
    "reasoning_token_count",
    "thoughts_token_count",
    "llm.token_count.completion_details.reasoning",
    "ai.usage.outputTokenDetails.reasoningTokens",
    "ai.usage.reasoningTokens",
  ],
  /** Not `gen_ai.usage.total_tokens` and the like, which are the sum of what stands beside them. */
  total: ["total_token_count"],
} as const satisfies Partial<Record<Amount, readonly string[]>>;

/** What a call cost, as its sender says: its name, and how many of its units are one US dollar. */
export const COSTS = [
  ["cost_usd_micros", 1e6],
  ["cost_usd", 1],
  ["llm.cost.total", 1],
  ["gen_ai.cost.total_cost", 1],
  ["gen_ai.usage.cost", 1],
  ["operation.cost", 1],
] as const;

/** Without the cached ones in `input_tokens`, unlike everybody else: Anthropic's own fields. */
const ANTHROPIC = { inputIs: "uncached" } as const;

export interface Rule {
  /** What a matching record is; `nothing`: known, and told elsewhere as well. */
  is: "model_call" | "tool_call" | "run" | "nothing";
  /** A failed one by its very name. */
  failed?: true;
  /** Counts only with one of these attributes. */
  needs?: readonly string[];
  /** Counts only where it did not go well: what went well is told by another record. */
  onlyFailed?: true;
  /** What `input_tokens` holds; left out: cached ones too. */
  inputIs?: "uncached";
}

/** Log records by the name of their event. */
export const LOG_EVENTS: Readonly<Record<string, Rule>> = {
  "claude_code.api_request": { is: "model_call", ...ANTHROPIC },
  "claude_code.api_error": { is: "model_call", failed: true, ...ANTHROPIC },
  "claude_code.tool_result": { is: "tool_call" },
  /** Two such records a call: only one has the tokens. */
  "codex.sse_event": { is: "model_call", needs: ["input_token_count"] },
  "codex.api_request": { is: "model_call", onlyFailed: true },
  "codex.tool_result": { is: "tool_call" },
  "gemini_cli.api_response": { is: "model_call" },
  "gemini_cli.api_error": { is: "model_call", failed: true },
  "gemini_cli.tool_call": { is: "tool_call" },
  "gen_ai.client.inference.operation.details": {
    is: "model_call",
    needs: [...TOKENS.input, "gen_ai.response.id", "gen_ai.response.model"],
  },
};

/** Programs that tell each call in words of their own as well: what the shared conventions say of it is not counted. */
export const TELL_TWICE: Readonly<Record<string, readonly string[]>> = {
  "gemini-cli": [
    "gen_ai.client.inference.operation.details",
    "gen_ai.client.token.usage",
    "gen_ai.client.operation.duration",
  ],
};

/** Attributes of a span that say what it is, in the order of trust, with the words that they use. */
export const SPAN_KINDS: readonly { key: string; words: Readonly<Record<string, Rule>> }[] = [
  {
    key: "ai.operationId",
    words: {
      "ai.generateText": { is: "run" },
      "ai.streamText": { is: "run" },
      "ai.generateObject": { is: "run" },
      "ai.streamObject": { is: "run" },
      "ai.embed": { is: "nothing" },
      "ai.embedMany": { is: "nothing" },
      "ai.generateText.doGenerate": { is: "model_call" },
      "ai.streamText.doStream": { is: "model_call" },
      "ai.generateObject.doGenerate": { is: "model_call" },
      "ai.streamObject.doStream": { is: "model_call" },
      "ai.embed.doEmbed": { is: "model_call" },
      "ai.embedMany.doEmbed": { is: "model_call" },
      "ai.toolCall": { is: "tool_call" },
    },
  },
  {
    key: "gen_ai.operation.name",
    words: {
      chat: { is: "model_call" },
      generate_content: { is: "model_call" },
      text_completion: { is: "model_call" },
      embeddings: { is: "model_call" },
      llm_call: { is: "model_call" },
      call_llm: { is: "model_call" },
      execute_tool: { is: "tool_call" },
      tool_call: { is: "tool_call" },
      invoke_agent: { is: "run" },
      invoke_workflow: { is: "run" },
      create_agent: { is: "nothing" },
      plan: { is: "nothing" },
      retrieval: { is: "nothing" },
      schedule_tool_calls: { is: "nothing" },
    },
  },
  {
    key: "openinference.span.kind",
    words: {
      LLM: { is: "model_call" },
      EMBEDDING: { is: "model_call" },
      TOOL: { is: "tool_call" },
      AGENT: { is: "run" },
      CHAIN: { is: "nothing" },
      RETRIEVER: { is: "nothing" },
      RERANKER: { is: "nothing" },
      GUARDRAIL: { is: "nothing" },
      EVALUATOR: { is: "nothing" },
      PROMPT: { is: "nothing" },
    },
  },
  {
    key: "traceloop.span.kind",
    words: { tool: { is: "tool_call" }, workflow: { is: "run" }, agent: { is: "run" }, task: { is: "nothing" } },
  },
  {
    key: "llm.request.type",
    words: {
      chat: { is: "model_call" },
      completion: { is: "model_call" },
      embedding: { is: "model_call" },
      rerank: { is: "nothing" },
    },
  },
  { key: "codex.tool.phase", words: { dispatch: { is: "tool_call" } } },
];

/** Spans by their names, where nothing of the above says what they are. */
export const SPAN_NAMES: Readonly<Record<string, Rule>> = {
  /** LiteLLM's copy of what went over the wire, below `litellm_request`. */
  raw_gen_ai_request: { is: "nothing" },
  /** Codex: of several a call only one has the tokens. */
  handle_responses: { is: "model_call", needs: ["gen_ai.usage.input_tokens"] },
  /** Pydantic AI before it named its operations: the sum of the calls below. */
  "agent run": { is: "run" },
};

/** What is left has to carry one of these to be what it looks like. */
export const SPAN_LOOKS: readonly { needs: readonly string[]; rule: Rule }[] = [
  {
    needs: ["gen_ai.request.model", "ai.model.id"],
    rule: { is: "model_call", needs: [...TOKENS.input, ...TOKENS.output] },
  },
  { needs: ["gen_ai.tool.name"], rule: { is: "tool_call" } },
];

export interface MetricRule {
  /** The attribute that says what is counted, and to what each of its words adds; left out: always `adds`. */
  by?: string;
  words?: Readonly<Record<string, readonly Amount[]>>;
  adds?: readonly Amount[];
  /** A point whose `success` is false adds to these too. */
  failure?: true;
  /** What is counted of a histogram: its sum, or how many values it holds. */
  of?: "count";
  /** In units of which so many make one of what is counted. */
  scale?: number;
  /** The program counts its cost as well. */
  pricedElsewhere?: true;
}

/** Counters and histograms of use, by the name of the metric. */
export const METRICS: Readonly<Record<string, MetricRule>> = {
  "claude_code.token.usage": {
    pricedElsewhere: true,
    by: "type",
    words: {
      input: ["input"],
      output: ["output"],
      cacheRead: ["cached", "input"],
      cacheCreation: ["cacheWrite", "input"],
    },
  },
  "claude_code.cost.usage": { adds: ["nanoUsd"], scale: 1e9 },
  "codex.turn.token_usage": {
    by: "token_type",
    words: {
      input: ["input"],
      cached_input: ["cached"],
      cache_write_input: ["cacheWrite"],
      output: ["output"],
      reasoning_output: ["reasoning"],
    },
  },
  "codex.api_request": { adds: ["modelCalls"], failure: true },
  "codex.tool.call": { adds: ["toolCalls"], failure: true },
  "gemini_cli.token.usage": {
    by: "type",
    words: { input: ["input"], output: ["output"], cache: ["cached"], thought: ["reasoning"] },
  },
  "gemini_cli.api.request.count": { adds: ["modelCalls"] },
  "gemini_cli.tool.call.count": { adds: ["toolCalls"], failure: true },
  "gen_ai.client.token.usage": {
    by: "gen_ai.token.type",
    words: {
      input: ["input"],
      output: ["output"],
      completion: ["output"],
      cache_read: ["cached"],
      cache_write: ["cacheWrite"],
      reasoning: ["reasoning"],
    },
  },
  "gen_ai.client.inference.usage.input_tokens": { adds: ["input"] },
  "gen_ai.client.inference.usage.output_tokens": { adds: ["output"] },
  "gen_ai.client.inference.usage.cache_read.input_tokens": { adds: ["cached"] },
  "gen_ai.client.inference.usage.cache_write.input_tokens": { adds: ["cacheWrite"] },
  "gen_ai.client.inference.usage.reasoning.output_tokens": { adds: ["reasoning"] },
  "gen_ai.client.operation.duration": { adds: ["modelCalls"], of: "count" },
};

/** Who a record is of. Attributes of people count for programs that people run; a service has its users' there. */
export const IDENTITY = {
  user: ["user.email", "user.name", "user.account_uuid", "enduser.id", "user.id"],
  host: ["host.name"],
  repository: ["vcs.repository.name", "repository", "git.repository", "vcs.repository.url.full"],
  team: ["team", "team.name", "service.namespace"],
  instance: ["service.instance.id", "k8s.pod.name", "container.id"],
  version: ["service.version"],
  environment: ["deployment.environment.name", "deployment.environment", "env"],
  program: ["service.name"],
} as const satisfies Record<string, readonly string[]>;
export type Who = keyof typeof IDENTITY;

/** Programs that a person runs, by their service.name. */
export const PERSONAL: ReadonlySet<string> = new Set([
  "claude-code",
  "codex_exec",
  "codex_tui",
  "codex-app-server",
  "codex-cli",
  "gemini-cli",
  "github-copilot",
  "copilot-chat",
]);
/** Whose log records are events of an agent, whatever they are called: never lines of a service's log. */
export const EVENT_PREFIXES = [
  "claude_code.",
  "codex.",
  "gemini_cli.",
  "gen_ai.",
  "copilot_chat.",
  "github.copilot.",
] as const;

/** What names the service that a client's span calls, as far as it is named by the sender at all. */
export const PEERS = ["peer.service", "service.peer.name", "db.system.name", "db.system", "messaging.system"] as const;

/** Names that no meaning above asks for, but that decide what a record is. */
const ALSO = [
  "event.name",
  "event.kind",
  ...PEERS,
  "decision",
  ...COSTS.map(([name]) => name),
  ...SPAN_KINDS.map(({ key }) => key),
  ...Object.values(METRICS).flatMap(({ by }) => (by ? [by] : [])),
];

/** Every attribute that is read at all. Prompts, arguments and outputs are not among them: they are dropped unread. */
export const WANTED: ReadonlySet<string> = new Set([
  ...Object.values(NAMES).flat(),
  ...Object.values(TOKENS).flat(),
  ...Object.values(IDENTITY).flat(),
  ...Object.values(LOG_EVENTS).flatMap(({ needs }) => needs ?? []),
  ...SPAN_LOOKS.flatMap(({ needs }) => needs),
  ...IDENTITY_ATTRIBUTES,
  ...ALSO,
]);
