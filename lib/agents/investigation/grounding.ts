import type { Analysis } from "@/lib/core/evidence/bundle";
import { ground } from "@/lib/core/causes/ground";

/** A sentence somebody wrote and what it rests on. */
export interface Claim {
  text: string;
  cites: string[];
}

/** A sentence that did not stand: what it said, why it went, whose it was. */
export interface Removed {
  text: string;
  why: string;
  author: string;
}

/** One sentence, not a page. */
const MAX_CHARS = 400;

/** Words that claim more than an observation can: the house bans them from its screens. */
const TOO_SURE =
  /\b(caused by|the (root )?cause (is|was)|fixed|definitely|certainly|undoubtedly|guaranteed|proves that)\b/i;

/** Words that deny a fault. Whether there is one is measured; a citation cannot make its denial true. */
const DENIAL =
  /\b(false (positive|alarm)|all[- ]clear|(nothing|not anything) (is |was |seems )?(wrong|amiss|broken|unusual|abnormal)|no (fault|incident|issue|problem|anomaly|disruption|outage)s?\b(?! (at|in|of|with|on)\b)|(is|was|has been|been) (resolved|closed|dismissed)|can be (closed|ignored|dismissed)|(everything|all) (is|was|looks|works) (fine|well|healthy|normal|ok))\b/i;

/**
 * Splits what a model wrote into what may stand beside the evidence and what may not: careful words, no denial of a fault that
 * was measured, and grounded (see core).
 */
export function groundClaims<C extends Claim>(
  claims: readonly C[],
  { findings, verdict }: Pick<Analysis, "findings" | "verdict">,
  author: string,
): { kept: C[]; removed: Removed[] } {
  const kept: C[] = [];
  const removed: Removed[] = [];
  for (const claim of claims) {
    const grounded = ground([claim], findings);
    const [stands] = grounded.kept;
    const why = tooMuch(claim.text, verdict) ?? grounded.removed[0]?.why ?? null;
    if (why === null && stands !== undefined) kept.push({ ...claim, cites: [...stands.cites] });
    else removed.push({ text: claim.text.slice(0, MAX_CHARS), why: why ?? "says nothing", author });
  }
  return { kept, removed };
}

function tooMuch(text: string, verdict: Analysis["verdict"]): string | null {
  if (text.length > MAX_CHARS) return "is too long for one sentence";
  const strong = TOO_SURE.exec(text);
  if (strong) return `says "${strong[0]}", which no evidence can show`;
  const denial = verdict === "fault" ? DENIAL.exec(text) : null;
  return denial && `says "${denial[0]}" although a fault was measured`;
}
