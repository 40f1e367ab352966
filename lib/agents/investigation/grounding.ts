import type { Finding } from "@/lib/core/bundle";

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

const MAX_CHARS = 400;

/** Words that claim more than an observation can: see the house's rule for screens. */
const TOO_SURE = /\b(caused by|root cause is|fixed|definitely|certainly|undoubtedly|guaranteed|proves that)\b/i;

/** Splits what a model wrote into what may stand beside the evidence and what may not. */
export function groundClaims<C extends Claim>(
  claims: readonly C[],
  findings: readonly Finding[],
  author: string,
): { kept: C[]; removed: Removed[] } {
  const known = new Map(findings.map((finding) => [finding.id, finding]));
  const kept: C[] = [];
  const removed: Removed[] = [];
  for (const claim of claims) {
    const why = objection(claim, known);
    if (why === null) kept.push(claim);
    else removed.push({ text: claim.text.slice(0, MAX_CHARS), why, author });
  }
  return { kept, removed };
}

function objection({ text, cites }: Claim, known: ReadonlyMap<string, Finding>): string | null {
  if (text.length > MAX_CHARS) return "it is too long for one sentence";
  const strong = TOO_SURE.exec(text);
  if (strong) return `"${strong[0]}" claims more than can be seen`;
  const ghost = cites.find((id) => !known.has(id));
  if (ghost !== undefined) return `it cites "${ghost.slice(0, 40)}", which does not exist`;
  if (cites.length === 0) return "it cites nothing";
  return null;
}
