/**
 * Going in circles. A step is a repeat if its run has been there before: the same action with the same result; the same
 * result from the same kind of step, whatever the arguments; or, where no hashes are reported, a call of the same kind
 * with exactly as many input tokens. Cycles count as much as plain repetition: each round through A-B-C repeats all three.
 *
 * Repeats are a yes-or-no stream, judged within each run by the same kind of bets as other rates (see lane.ts and
 * rate.ts): the share of repeats usual in this agent's runs against mostly repeats.
 */
export interface Trail {
  /** Marks of the places last seen, per way of telling, oldest first. */
  seen: Record<RepeatKind, number[]>;
  /** Steps and repeats, per way of telling. */
  steps: Record<RepeatKind, number>;
  repeats: Record<RepeatKind, number>;
  /** Evidence (Shiryaev–Roberts sum), per way of telling. */
  r: Record<RepeatKind, number>;
}

export const REPEAT_KINDS = ["pair", "result", "size"] as const;
/** How a repeat is told: by action and result, by result alone, by the size of the input. */
export type RepeatKind = (typeof REPEAT_KINDS)[number];

/** Places remembered per run: cycles longer than this are not seen. */
const SEEN_MAX = 40;
/** Share of repeats bet on: going in circles leaves little else, but each round may try something new. */
const CIRCLING = 0.6;
/** A saturated sum fades within a dozen fresh steps. */
const SATURATION = 1e12;
/** Usual shares below this are not believed: every agent looks twice now and then. */
const USUAL_MIN = 0.05;
const USUAL_MAX = 0.5;

export const createTrail = (): Trail => ({
  seen: { pair: [], result: [], size: [] },
  steps: { pair: 0, result: 0, size: 0 },
  repeats: { pair: 0, result: 0, size: 0 },
  r: { pair: 0, result: 0, size: 0 },
});

export interface Step {
  /** Tool or kind of step. */
  kind: string;
  actionHash: string | null;
  resultHash: string | null;
  inputTokens: number | null;
}

/** The marks a step leaves; those it cannot leave are absent. */
export function marksOf(s: Step): Partial<Record<RepeatKind, number>> {
  if (s.actionHash === null && s.resultHash === null) {
    return s.inputTokens === null || s.inputTokens <= 0 ? {} : { size: mark(`${s.kind}\u0000${s.inputTokens}`) };
  }
  const marks: Partial<Record<RepeatKind, number>> = {};
  if (s.actionHash !== null) marks.pair = mark(`${s.kind}\u0000${s.actionHash}\u0000${s.resultHash ?? ""}`);
  if (s.resultHash !== null) marks.result = mark(`${s.kind}\u0000${s.resultHash}`);
  return marks;
}

/** Take a step: whether it is a repeat, and place the bet against the `usual` share (null: too young to bet). */
export function take(trail: Trail, by: RepeatKind, place: number, usual: number | null): boolean {
  const seen = trail.seen[by];
  const repeat = seen.includes(place);
  if (!repeat) {
    seen.push(place);
    if (seen.length > SEEN_MAX) seen.shift();
  }
  trail.steps[by]++;
  if (repeat) trail.repeats[by]++;
  if (usual === null) return repeat;
  const p = Math.min(Math.max(usual, USUAL_MIN), USUAL_MAX);
  const e = repeat ? CIRCLING / p : (1 - CIRCLING) / (1 - p);
  trail.r[by] = Math.min((1 + trail.r[by]) * e, SATURATION);
  return repeat;
}

/** Shares of repeats that a run stuck from its beginning is tried for: fewer are some agents' nature. */
const STUCK = [0.3, 0.5, 0.7, 0.9] as const;

/**
 * Evidence that a run has been finding nothing new for as long as it lasts: the mean of the likelihood ratios of a few shares of
 * repeats to the `usual` one. A mixture of likelihood ratios (Robbins 1970) is a martingale, so by Ville's inequality it
 * exceeds A in at most one healthy run in A, whenever it is looked at. The sums above begin anew with every step, and forget
 * a run that tries something new between its rounds; this one does not.
 */
export function stuckSoFar(trail: Trail, by: RepeatKind, usual: number): number {
  const p = Math.min(Math.max(usual, USUAL_MIN), USUAL_MAX);
  const repeats = trail.repeats[by];
  const fresh = trail.steps[by] - repeats;
  let total = 0;
  for (const q of STUCK) total += (q / p) ** repeats * ((1 - q) / (1 - p)) ** fresh;
  return Math.min(total / STUCK.length, SATURATION);
}

/** A 32-bit mark of a text (FNV-1a): a collision only makes one fresh step look like a repeat. */
function mark(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
