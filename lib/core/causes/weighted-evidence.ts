import type { Bundle, Finding } from "../evidence/bundle";
import type { Affinity } from "./cause-kinds";
import { findInstructions } from "../evidence/instructions";
import type { RankResult } from "./rank";

/** A finding and what it speaks for. */
export interface WeightedEvidence {
  finding: Finding;
  /** How much it says that something is wrong, 0 to 1: neither loudness nor repetition adds to it. */
  weight: number;
  affinity: Affinity;
  /** Still so at the end of the evidence. */
  active: boolean;
  /** A line names this node, which its own node calls: part of it speaks of that, or of what that complains of in turn. */
  complainsOf?: string;
  /** A change that only its time and place speak for: what it did was looked at, and is not what is seen. */
  coincidental?: true;
  /** A change whose effect has ended: a cure was measured to have worked after it, or what ran before it runs again. */
  over?: true;
  /** The ranking over metrics and spans counted it already. */
  ranked?: true;
}

export type Onset = RankResult["onset"];

/** What the target neither reaches nor is reached from. */
export const ELSEWHERE = 0.3;
/** Whether a node is the target or a part of it (`api` and `api-7f9-x2`). */
export const isOf = (node: string | null, target: string): boolean =>
  node === target || (node?.startsWith(`${target}-`) ?? false);

export const givesOrders = (text: string): boolean => findInstructions(text).length > 0;

/** Nodes that the target depends on or that depend on it, any number of calls away. */
export function relatives({ target, edges }: Bundle): Set<string> {
  const seen = new Set([target.node]);
  for (let size = 0; size !== seen.size;) {
    size = seen.size;
    for (const [a, b] of edges) {
      if (seen.has(a)) seen.add(b);
      else if (seen.has(b)) seen.add(a);
    }
  }
  return seen;
}
