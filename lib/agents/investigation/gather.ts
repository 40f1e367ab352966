import { unreadOf } from "@/lib/evidence/looked";
import { type Evidence, mergeEvidence, noEvidence } from "./evidence";
import type { Reading, Readings, SpecialistName } from "./ports";
import type { InvestigationContext } from "./context";
import type { Blind } from "./state";

export interface Gathered {
  evidence: Evidence;
  blind: Blind[];
}

/** A specialist's own reading: what was found as evidence, and what could not be looked at. */
export async function read<R extends Reading>(
  ctx: InvestigationContext,
  node: SpecialistName,
  reading: R,
  args: Readings[R]["args"],
  as: (value: Readings[R]["result"]) => Partial<Evidence>,
): Promise<Gathered> {
  const looked = await ctx.desk.look({ node, author: "local" }, reading, args);
  return {
    evidence: looked.ok ? mergeEvidence(noEvidence(), as(looked.value)) : noEvidence(),
    blind: unreadOf([looked]).map(({ source, reason }) => ({ node, source, reason: ctx.screen.plain(reason) })),
  };
}

/** Readings side by side, as one. */
export async function gather(readings: Promise<Gathered>[]): Promise<Gathered> {
  const all = await Promise.all(readings);
  return {
    evidence: all.reduce((sum, { evidence }) => mergeEvidence(sum, evidence), noEvidence()),
    blind: all.flatMap(({ blind }) => blind),
  };
}
