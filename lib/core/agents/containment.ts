import type { Containment } from "../base/vocabulary";

export interface SentDirective {
  /** 0: none was ever sent. */
  version: number;
  sentAt: number;
  /** Whether the host said that it runs a guard which obeys; null: it did not say. */
  enforcement: boolean | null;
  /** Work was reported that the directive forbids (see hold-breach.ts): what was confirmed before counts no more. */
  breached?: boolean;
}

export interface InstanceReport {
  id: string;
  live: boolean;
  /** The newest directive version that the instance says it knows. */
  appliedVersion: number | null;
  /** The newest one that a guard in its execution path holds. */
  enforcedVersion: number | null;
  /** It reported after the directive was sent, so that it was told, and fell silent without confirming. */
  lost?: boolean;
}

export interface ContainmentReport {
  state: Containment;
  /** Live instances; the two counts below are of them. */
  live: number;
  acknowledged: number;
  enforced: number;
  /** For people: "acknowledged by 2 of 3 instances". */
  text: string;
}

/** How long instances may take to enforce a directive before people are told that it is not confirmed. */
export const CONFIRM_TIMEOUT_MS = 30_000;

/**
 * How far a directive got. Only what live instances report counts: an instance that fell silent proves nothing, and
 * with none alive nothing is ever confirmed. `enforced` needs a guard's report from every live instance; what is less
 * after `timeoutMs` is `not_confirmed`, so a late enforcement still turns it into `enforced`. A newer version includes
 * an older one. A host that cannot enforce is `observe_only`, whatever it acknowledges. An instance that was told and fell
 * silent, and work that the directive forbids, leave it `not_confirmed` however much is confirmed.
 */
export function containment(
  d: SentDirective,
  instances: readonly InstanceReport[],
  now: number,
  timeoutMs: number = CONFIRM_TIMEOUT_MS,
): ContainmentReport {
  const living = instances.filter((i) => i.live);
  const live = living.length;
  const enforced = living.filter((i) => reached(i.enforcedVersion, d.version)).length;
  // What a guard holds has been received, whether or not the host reported that apart.
  const acknowledged = living.filter(
    (i) => reached(i.appliedVersion, d.version) || reached(i.enforcedVersion, d.version),
  ).length;
  const as = (state: Containment, text: string): ContainmentReport => ({
    state,
    live,
    acknowledged,
    enforced,
    text,
  });

  const by = (n: number) => `by ${n} of ${live} ${live === 1 ? "instance" : "instances"}`;
  if (d.version <= 0) return as("none", "no directive");
  if (d.enforcement === false) return as("observe_only", "not enforceable: the host cannot enforce directives");
  if (d.breached) return as("not_confirmed", "not confirmed: work was reported after it should have stopped");
  const lost = instances.filter((i) => i.lost && !i.live && !reached(i.enforcedVersion, d.version)).length;
  if (live > 0 && enforced === live && lost === 0) return as("enforced", `enforced ${by(enforced)}`);
  const progress =
    live === 0
      ? "no live instance"
      : enforced > 0
        ? `enforced ${by(enforced)}, acknowledged by ${acknowledged}`
        : `acknowledged ${by(acknowledged)}`;
  if (lost > 0) {
    const silent = `${lost} ${lost === 1 ? "instance" : "instances"} fell silent without confirming`;
    return as("not_confirmed", `not confirmed: ${progress}; ${silent}`);
  }
  if (now - d.sentAt >= timeoutMs) return as("not_confirmed", `not confirmed: ${progress}`);
  if (acknowledged > 0) return as("acknowledged", progress);
  return as("sent", live === 0 ? "sent, no live instance" : `sent to ${live} ${live === 1 ? "instance" : "instances"}`);
}

function reached(reported: number | null, version: number): boolean {
  return reported !== null && reported >= version;
}
