import type { Diagnosis, Mode, Risk, CauseKind } from "./vocabulary";

export interface PolicyInput {
  mode: Mode;
  /** Nothing at all is done while an admin's stop is on. */
  globalStop: boolean;
  /** 0 to 10. */
  severity: number;
  /** From this severity on a person decides. */
  threshold: number;
  risk: Risk;
  /** Only named in reasons: what the action may do is its risk. */
  action: string;
  /** Risks that this type of agent may run without being asked; see {@link DEFAULT_TYPE_ALLOWS}. */
  typeAllows: readonly Risk[];
  /** A diagnosis of an agent, or the kind of a service's cause; only `unknown` is told apart. */
  diagnosis: Diagnosis | CauseKind | "no_fault";
  /** True if an argument was taken from what an agent, a tool's result, a log or an alert says. */
  argumentsFromUntrustedText: boolean;
  /** Of the diagnosis, 0 to 1. */
  confidence: number;
  /** Why mode `act` asks about this action now, by its hours and actions (act-hours.ts); null: it does not. */
  limited: string | null;
}

export type PolicyDecision =
  | { kind: "run" }
  | { kind: "ask"; reason: string }
  /** Not now, by nobody: asking would not help. What refuses may pass later (a stop is lifted, arguments are chosen anew). */
  | { kind: "refuse"; reason: string }
  /** Observe: what would have been done. */
  | { kind: "record"; reason: string };

/** From this severity on a person decides, unless set otherwise. */
export const DEFAULT_THRESHOLD = 7;

/** What a type may run by itself until an operator says more. */
export const DEFAULT_TYPE_ALLOWS: readonly Risk[] = ["none", "reversible"];

/**
 * How sure a diagnosis must be before its action runs unasked: the harder to take back, the surer. Low on purpose: the
 * operator allowed the risk, every action is measured, and one that does not help is undone. Vitals alone, which leave
 * several causes open, reach about a quarter; below a fifth the ladder would be guesswork.
 */
export const MIN_CONFIDENCE: Record<Risk, number> = {
  none: 0,
  reversible: 0.1,
  hard_to_undo: 0.2,
  destructive: Number.POSITIVE_INFINITY,
};

/**
 * Whether a proposed action runs, asks a person, is refused or only recorded. Total: every input has an answer, and a
 * number that is not one (NaN) never leads to `run`. The first row that applies decides:
 *
 * | when | answer |
 * | --- | --- |
 * | mode observe | record, saying what would have been done |
 * | global stop | refuse |
 * | destructive, and an argument comes from untrusted text | refuse |
 * | an argument comes from untrusted text | ask |
 * | destructive | ask |
 * | severity at or above the threshold | ask |
 * | the type does not allow the risk | ask |
 * | the cause is unknown, and the action changes something | ask |
 * | the diagnosis is less sure than the risk demands | ask |
 * | mode act, outside of the hours or actions that it is limited to | ask |
 * | mode recommend | ask |
 * | otherwise | run |
 */
export function decide(p: PolicyInput): PolicyDecision {
  const refusal = whyRefuse(p);
  const doubt = whyAsk(p);
  switch (p.mode) {
    case "observe":
      return { kind: "record", reason: wouldHave(p.action, refusal, doubt) };
    case "recommend":
      if (refusal !== null) return { kind: "refuse", reason: refusal };
      return { kind: "ask", reason: doubt ?? "recommend mode: every action requires approval" };
    case "act":
      if (refusal !== null) return { kind: "refuse", reason: refusal };
      return doubt === null ? { kind: "run" } : { kind: "ask", reason: doubt };
  }
}

function wouldHave(action: string, refusal: string | null, doubt: string | null): string {
  if (refusal !== null) return `would have refused ${action}: ${refusal}`;
  return doubt === null ? `would have run ${action}` : `would have requested approval for ${action}: ${doubt}`;
}

function whyRefuse(p: PolicyInput): string | null {
  if (p.globalStop) return "the global stop is on";
  if (p.risk === "destructive" && p.argumentsFromUntrustedText)
    return "it is destructive and its arguments come from untrusted text";
  return null;
}

/** What speaks against running it unasked; null if nothing does. Comparisons are written so that NaN objects. */
function whyAsk(p: PolicyInput): string | null {
  if (p.argumentsFromUntrustedText) return "its arguments come from untrusted text";
  if (p.risk === "destructive") return "it is destructive";
  if (!(p.severity < p.threshold)) return `severity ${p.severity} is at or above the threshold ${p.threshold}`;
  if (!p.typeAllows.includes(p.risk))
    return `actions with this risk (${p.risk.replaceAll("_", " ")}) may not run without approval here`;
  if (p.diagnosis === "unknown" && p.risk !== "none") return "the cause is unknown";
  if (!(p.confidence >= MIN_CONFIDENCE[p.risk]))
    return `the confidence in ${p.diagnosis} is too low (${p.confidence.toFixed(2)}, needs ${MIN_CONFIDENCE[p.risk]})`;
  return p.limited;
}
