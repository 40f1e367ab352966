import type { Budgets } from "./budgets.js";
import type { Directive } from "./wire.js";

/** What becomes of an agent whose lease has ended while Sentinel cannot be reached. */
export type Unreachable = "open" | "closed";

/**
 * What holds now. `free`: nothing restricts the agent. `directive`: this one does. `closed`: no lease and the host asked
 * for no work without one.
 */
export type InForce = { kind: "free" } | { kind: "directive"; directive: Directive } | { kind: "closed" };

export interface DirectiveState {
  /** Takes a received directive: renews the lease, and returns whether it is newer than the one held. */
  receive(directive: Directive): boolean;
  inForce(): InForce;
  /** The newest directive received, lapsed or not. */
  latest: () => Directive | null;
  /** Of each run and each tree. They outlive the lease: what a run may use does not grow because nobody can be asked. */
  budgets: () => Budgets;
}

/**
 * The newest directive and its lease. Any answer that carries a directive of ours, newer or not, is contact and renews the
 * lease by the newest one's `lease_seconds`. After it, `whenUnreachable` holds, except that `retired` never lapses:
 * a successor may be at work. `now` is monotonic ms.
 */
export function createDirectiveState(whenUnreachable: Unreachable, now: () => number): DirectiveState {
  let newest: Directive | null = null;
  let leaseEnds = 0;
  let budgets: Budgets = { runs: [], trees: [] };
  return {
    receive(directive) {
      const newer = newest === null || directive.version > newest.version;
      if (newer) newest = directive;
      // Budgets are no part of a version: any answer brings those of now.
      budgets = { runs: directive.budgets, trees: directive.tree_budgets };
      leaseEnds = now() + (newest ?? directive).lease_seconds * 1000;
      return newer;
    },
    inForce() {
      if (newest && (newest.status === "retired" || now() < leaseEnds)) return { kind: "directive", directive: newest };
      return whenUnreachable === "open" ? { kind: "free" } : { kind: "closed" };
    },
    latest: () => newest,
    budgets: () => budgets,
  };
}
