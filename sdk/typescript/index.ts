export type { Call, ModelCall, Told, ToolCall } from "./calls.js";
export { type Client, type ClientOptions, type ClientStats, createClient } from "./client.js";
export type { Unreachable } from "./directive.js";
export type { Restrictions } from "./enforcement.js";
export { createGuard } from "./guard.js";
export { hashAction, hashText, hashTools, hashValue } from "./hash.js";
export { type HoldKind, notice, refusal, SentinelHold } from "./hold.js";
export type { Limits } from "./limits.js";
export type { Connection, GuardOptions, GuardSettings, Identity, Sink } from "./options.js";
export type { Price } from "./prices.js";
export type { Decided, HandOver, QueuedDecision, QueuedTask, QueueHooks } from "./queue.js";
export { createReporter, type Reporter } from "./report.js";
export { currentRun, insideRun, type Run, type RunIds, type RunOutcome, type RunStart } from "./runs.js";
export type { Asking, Guard, ModelAbout } from "./seat.js";
export { VERSION } from "./version.js";
export type {
  AgentEvent,
  Attributes,
  Budget,
  Directive,
  DirectiveStatus,
  EventKind,
  HoldLevel,
  Registration,
  SideEffect,
} from "./wire.js";
