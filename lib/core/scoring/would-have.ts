import { wilson } from "../base/stats";
import type { Mode } from "../base/vocabulary";

/** What was decided about holding an agent: it was held, it would have been if the mode had allowed it, or neither. */
export const HOLD_DECISIONS = ["hold", "would_hold", "no_hold"] as const;
export type HoldDecision = (typeof HOLD_DECISIONS)[number];

interface Decided {
  kind: string;
  /** Of the type when the incident was opened. */
  mode: Mode;
  /** When a hold was confirmed, epoch ms. */
  containedAt: number | null;
}

/**
 * Which decision a verdict on the hold is about. Of an agent's own incident in `observe` or `recommend` it is the hold that Sentinel would
 * have issued, also where a person held the agent afterwards.
 */
export function holdDecision({ kind, mode, containedAt }: Decided): HoldDecision {
  if (kind === "agent" && mode !== "act") return "would_hold";
  return containedAt === null ? "no_hold" : "hold";
}

/** Would-have holds of one type that people called right or wrong, and those that nobody has judged. */
export interface WouldHaveCounts {
  right: number;
  wrong: number;
  unlabelled: number;
}

export interface WouldHavePrecision extends WouldHaveCounts {
  /** Share of right ones among those labelled, with its 95 % Wilson interval; null without any. */
  precision: { share: number; low: number; high: number } | null;
  /** Good enough for `act` to be offered; see {@link ACT_PRECISION}. */
  ready: boolean;
  /** How many further labels, all of them right, would make it so: 0 when it is. */
  needed: number;
}

/**
 * `act` is offered once the lower end of the 95 % interval of the precision is at least this: then at most one hold in five is expected to
 * stop an agent that should have gone on, which the containment limits and a person's release can absorb. It takes 16 labels without
 * a miss, and more with every wrong one, so that no separate minimum is needed.
 */
export const ACT_PRECISION = 0.8;

/** Further back labels speak of other settings and another fleet; three months are enough for a type with an incident a week. */
export const LABELS_COUNT_DAYS = 90;

/** How good the would-have holds of a type were, by the labels of people. */
export function wouldHavePrecision(counts: WouldHaveCounts): WouldHavePrecision {
  const { right, wrong } = counts;
  const labelled = right + wrong;
  const isEnough = (more: number) => labelled + more > 0 && wilson(right + more, labelled + more).low >= ACT_PRECISION;
  let needed = 0;
  while (!isEnough(needed)) needed++;
  return {
    ...counts,
    precision: labelled === 0 ? null : { share: right / labelled, ...wilson(right, labelled) },
    ready: needed === 0,
    needed,
  };
}
