import type { Client, ClientOptions } from "./client.js";
import type { Unreachable } from "./directive.js";
import type { Price } from "./prices.js";
import type { Limits } from "./limits.js";
import type { QueueHooks } from "./queue.js";
import type { AgentEvent, SideEffect } from "./wire.js";

/** Who reports. */
export interface Identity {
  agentId: string;
  agentType?: string;
  environment?: string;
  /** Of the agent's own code. */
  version?: string;
  mcpServers?: string[];
  labels?: Record<string, string>;
  /** Overrides what the model says of itself. */
  provider?: string;
}

/** Takes every event; `urgent` ones are acknowledgements. */
export type Sink = (event: AgentEvent, urgent: boolean) => void;

/**
 * How Sentinel is reached: an address and key of its own, or a client shared with other agents of this process; or not at all: then events go to
 * `sink`, and directives come through `guard.receive`.
 */
export type Connection =
  | ({ client: Client; sink?: undefined } & Partial<ClientOptions>)
  | (ClientOptions & { client?: undefined; sink?: undefined })
  | { sink: Sink; client?: undefined };

export interface GuardSettings extends QueueHooks {
  /** With false nothing is ever held: the agent is watched, and shows as not enforceable. Default true. */
  enforce?: boolean;
  /** Limits of each run that hold without Sentinel, too. Default: 8 identical calls. */
  limits?: Partial<Limits>;
  /** The declared version of the system prompt: a new one is an declared change. */
  promptVersion?: string | (() => string | undefined);
  /** The prompt's template, where the rendered text varies from run to run: identity is then its hash. */
  promptTemplate?: string | (() => string | undefined);
  /** System prompts the agent may be told to go back to, beside those it has used itself. */
  knownPrompts?: { text: string; version?: string }[];
  /** Names the memory namespace of an epoch. Without it, a memory reset is answered with "cannot". */
  memory?: (epoch: number) => string;
  /** Starts a successor under a new agent id. Called once for each successor. Without it, a clone is answered with "cannot". */
  clone?: (successorId: string) => void | Promise<void>;
  /** USD per million tokens, by model name. Without a price the cost is unknown. */
  prices?: Record<string, Price>;
  /** What a tool call does to the world, by tool name. */
  sideEffects?: Record<string, SideEffect>;
  /**
   * Names a tool call for its receiver, so that it takes effect once however often it is made. A call that was cut off is made again in its thread
   * only with the key that it had. Tools declared to `read` need none.
   */
  idempotencyKey?: (tool: string, args: unknown) => string | undefined;
  /** What holds once the lease ended and Sentinel cannot be reached. Default "open". */
  whenUnreachable?: Unreachable;
  /** How long the first run waits for the standing directive, ms. Default 3,000. */
  startBudgetMs?: number;
  /** How long a paused run waits before it ends, ms. Default 60,000. */
  pauseBudgetMs?: number;
  /** How long a running tool call may take to finish once its run has to end, ms; then its signal aborts. Default 30,000. */
  toolGraceMs?: number;
  /** Default 10,000. */
  heartbeatMs?: number;
  /** Seconds that one long-poll is held. Default 25. */
  pollSeconds?: number;
  /** System prompts held for a rollback. Default 10, at most 20. */
  heldPrompts?: number;
}

export type GuardOptions = Identity & Connection & GuardSettings;

export const GUARD_DEFAULTS = {
  enforce: true,
  whenUnreachable: "open",
  startBudgetMs: 3000,
  pauseBudgetMs: 60_000,
  toolGraceMs: 30_000,
  heartbeatMs: 10_000,
  pollSeconds: 25,
  heldPrompts: 10,
} as const;
