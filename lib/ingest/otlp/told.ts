import type { AgentEvent } from "@/lib/contracts/event";
import type { IdentityTemplate } from "@/lib/core/agents/identity-template";
import type { SpanMinute } from "@/lib/core/services/span-signals";
import type { Amounts } from "./aliases";
import type { Content } from "./content";
import type { Identity } from "./identity";
import { short } from "./series";

/**
 * Who tells of a session, in the order of trust: hooks, then the three signals. A hook's calls that have ids are told among the
 * logs, where a call counts once by its id whoever tells it first; `hooks` are those of programs that give no ids.
 */
export const TRUST = ["hooks", "logs", "traces", "metrics"] as const;

/** The id of a record of a tool call that its program gave an id: the same in a hook and in a log. */
export const callRecord = (callId: string): string => short(`call\n${callId}`);

/** What one record says of an agent's work. */
export interface Told {
  signal: (typeof TRUST)[number];
  /** `usage`: what a counter says was used, apart from single calls. `heartbeat`: of a call that was not let through; `content`: nothing but content. */
  kind: "model_call" | "tool_call" | "run_end" | "usage" | "heartbeat" | "content";
  /** Told by a hook, which can hold the session: its own instance. */
  held?: true;
  who: Identity;
  /** The session that it says it belongs to; null: see `trace`. */
  session: string | null;
  trace: string | null;
  /** The same for the same record however often it is sent. */
  id: string;
  /** Epoch ms. */
  at: number;
  amounts: Amounts;
  /** Of a cumulative counter: `amounts` are what it stood at since `start`, epoch ms. */
  since?: number;
  /** What its tokens cost, another of the program's counters says. */
  pricedElsewhere?: true;
  /** What the event says besides its amounts. */
  event: Partial<AgentEvent>;
  /** Prompts, arguments and outputs, where the key may have them kept: as they were sent. */
  content?: Content;
}

/** A line of a service's log. */
export interface Line {
  service: string;
  line: string;
  level: string | null;
  timestamp: number;
  /** Where it is counted as taken. */
  counted: Counted;
}

/** Requests that a service served within one minute, by its server spans. */
export interface Served extends SpanMinute {
  service: string;
  buckets: Record<string, number>;
  /** Where they are counted as taken. */
  counted: Counted;
}

/** Records that were taken or left, by who sent them and what they are called. */
export interface Counted {
  program: string;
  scope: string;
  signal: (typeof TRUST)[number];
  /** An event's or a metric's name; "" for all others of a scope. */
  name: string;
  fate: "taken" | "kept_by_name" | "dropped";
  records: number;
}

/** Everything that one request says. */
export interface Reading {
  /** What makes the ids of agents; null: as without one. */
  identity?: IdentityTemplate | null;
  told: Told[];
  lines: Line[];
  /** Caller and callee. */
  edges: [string, string][];
  /** What its server spans say; `digest` is the same for the same spans. */
  served?: { requests: Served[]; digest: string } | null;
  counted: Counted[];
  /** Records in all. */
  records: number;
  /** Records beyond what one request may hold. */
  beyond: number;
}
