import type { AgentEvent } from "@/lib/contracts/event";
import type { Amounts } from "./aliases";
import type { Identity } from "./identity";

/** The three signals in the order in which they are trusted. */
export const TRUST = ["logs", "traces", "metrics"] as const;

/** What one record says of an agent's work. */
export interface Told {
  signal: (typeof TRUST)[number];
  /** `usage`: what a counter says was used, apart from single calls. */
  kind: "model_call" | "tool_call" | "run_end" | "usage";
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
}

/** A line of a service's log. */
export interface Line {
  service: string;
  line: string;
  level: string | null;
  timestamp: number;
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
  told: Told[];
  lines: Line[];
  /** Caller and callee. */
  edges: [string, string][];
  counted: Counted[];
  /** Records in all. */
  records: number;
  /** Records beyond what one request may hold. */
  beyond: number;
}
