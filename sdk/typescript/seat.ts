import type { ModelCall, ToolCall, Told } from "./calls.js";
import type { ClientStats } from "./client.js";
import type { Restrictions } from "./enforcement.js";
import type { Run, RunOutcome, RunStart } from "./runs.js";
import type { AgentEvent, Directive, Registration } from "./wire.js";

/** Whose call it is, and what cancels the wait. `run`: else the current one. */
export interface Asking {
  run?: Run | undefined;
  signal?: AbortSignal | undefined;
  /** Of `passGate`: the task that waits to start, as the host calls it. */
  taskId?: string | undefined;
  /** Of a tool call, beside the setting of the same name. */
  idempotencyKey?: string | undefined;
}

/** What is known of a model call beforehand. */
export type ModelAbout = Asking &
  Pick<
    AgentEvent,
    "model" | "provider" | "prompt_hash" | "prompt_version" | "tools_hash" | "effort" | "permission_mode"
  > & {
    /** The system prompt; send `call.prompt`, which is an earlier one after a rollback. */
    prompt?: unknown;
    /** Send `call.temperature`, which may be lower. */
    temperature?: number | undefined;
    /** Names of the tools that the model is offered. */
    tools?: string[];
  };

export interface Guard {
  readonly instanceId: string;
  /** `work` as one run of this agent; inside another run it is that run's child. Rejects with SentinelHold where no run may start. */
  run<T>(work: (run: Run) => T | Promise<T>, start?: RunStart): Promise<T>;
  /** Starts a run without asking. End it with `endRun`. */
  beginRun(start?: RunStart): Run;
  getRun(runId: string): Run | undefined;
  /** Reports its totals, once. A run that was stopped or limited says so, unless it failed. */
  endRun(run: Run, outcome?: RunOutcome, error?: unknown): void;
  /** Ends the run soon, unless it goes on: whoever catches the error may try again. */
  endRunUnlessItGoesOn(run: Run, outcome: RunOutcome, errorType?: string): void;
  /** Waits for the standing directive (the first time) and while paused. Rejects with SentinelHold where the gate is closed. */
  passGate(asking?: Asking): Promise<void>;
  /** A run was not started: told with the next heartbeat. */
  refusedRun(): void;
  /**
   * Asks whether a model call may go ahead; waits while paused or while a person is asked for more budget. Rejects with SentinelHold where it
   * may not. Hand the answer to `afterModel`.
   */
  beforeModel(about?: ModelAbout): Promise<ModelCall>;
  /** Reports the call: fields of an event such as `input_tokens`, `output_tokens`, `cost`, or `error`. */
  afterModel(call: ModelCall, usage?: Told & { error?: unknown }): void;
  /** Reports a model call that was made where nothing could ask: it counts, and the next call is held for it. */
  sawModel(told: Told & { run?: Run }): void;
  /** The same for a tool call. `args` are hashed, never sent. */
  beforeTool(tool: string, args?: unknown, asking?: Asking): Promise<ToolCall>;
  /** Reports the call. `result` is hashed, never sent. */
  afterTool(call: ToolCall, result?: unknown, more?: Told & { error?: unknown }): void;
  /** The work of an admitted call, or a rejection with SentinelHold once the call has to end and has not. */
  race<T>(call: ModelCall | ToolCall, work: PromiseLike<T>): Promise<T>;
  /** Takes a directive of this agent, where nothing else brings it. */
  receive(directive: Directive): void;
  /** A tool call of a run's thread was cut off in another process: see the setting `idempotencyKey`. `action`: its `hashAction`. */
  noteUnknownOutcome(run: Run | undefined, action: string, idempotencyKey: string | undefined): void;
  restrictions(): Restrictions;
  /** The memory namespace to work in. It changes with the directive's memory epoch; the old one stays as it was. */
  memoryNamespace(): string;
  /** For a framework where the prompt cannot be replaced: a rollback is then answered with "cannot". */
  withoutPromptSeat(): void;
  /** What the agent is (model, tools, prompt), told to Sentinel when it changes. */
  describe(news: Partial<Registration>): void;
  report(event: Told, run?: Run): void;
  /** The newest directive received; null before any. */
  directive(): Directive | null;
  flush(timeoutMs?: number): Promise<boolean>;
  stats(): ClientStats;
  close(timeoutMs?: number): Promise<void>;
}
