import type { Bundle, BundleChange } from "../evidence/bundle";
import { alterationOf } from "./change-diff";
import { distances } from "./topology";
import { TUNING, type Tuning } from "./tunables";
import { grouped } from "../base/grouped";
import { clamp } from "../base/stats";

/** How well a change explains an incident, with what speaks for and against it, each 0 to 1. */
export interface RankedChange {
  change: BundleChange;
  /** 0 to 1; 0 when it came after the onset. */
  score: number;
  parts: {
    /** It came before the onset, and how usual such a delay is. */
    timing: number;
    /** How near its node is to the target along calls. */
    distance: number;
    /** How much the other evidence points at its node. */
    suspicion: number;
    /** How often changes of its kind are to blame. */
    kind: number;
    /** How much its summary speaks of what is seen. */
    words: number;
    /** How often such changes were to blame here before; 0.5 when that is not known. */
    past: number;
    /** 1, or less if its node was well with it for a while. */
    survived: number;
    /** 1, or less if what it put in place was taken away again before the onset, or if it brought back what ran before. */
    undone: number;
    /** More than 1 if what ran it did worse than what ran the version before at the same time, less if it did as well. */
    version: number;
    /** How much its diff alters what runs (change-diff.ts); 1 where no change has a diff. */
    alteration: number;
  };
  /** What its diff does, in words; null where there is none. */
  says: string | null;
}

export interface ChangeQuestion {
  changes: readonly BundleChange[];
  target: Bundle["target"];
  edges: Bundle["edges"];
  /** Null: not known; the alert's time then stands for it, and changes shortly before that count for less. */
  onset: { at: number; from: number; to: number } | null;
  /** What other evidence says of nodes, 0 to 1; a node not in it is above suspicion only if any node is in it. */
  suspicion?: ReadonlyMap<string, number>;
  /** Text of what was seen (log lines, metric names), to compare summaries with. */
  seen?: readonly string[];
  /** Names that failing lines quote: fields, tables, keys. */
  named?: ReadonlySet<string>;
  /** How often changes of this node and kind were to blame in closed incidents, 0 to 1; null when there were none. */
  pastBlame?: (change: BundleChange) => number | null;
  /** What comparing versions at the same time says of a change (version-compare.ts); 1 where nothing is known. */
  version?: (change: BundleChange) => number;
  /** How much of the time since a change its node had been tried under such a load as at the onset (change-exposure.ts); 1 where unknown. */
  exposure?: (change: BundleChange) => number;
  tuning?: Tuning;
}

/** α of the Lomax tail of delays between a change and its effect (see `lagScaleS`): half of the weight is left after τ(2^{1/α} − 1). */
const LAG_TAIL = 0.5;
/** Clocks and scrapes disagree by so much: a change "after" the onset by less may have come before it. */
const CLOCK_SLACK_S = 60;
/** Without a known onset the alert's time is late by an unknown delay, so that coming after it within this is no alibi. */
const NO_ONSET_WEIGHT = 0.8;

/** What a change of this kind alters. Which share of incidents each is behind differs by house; the order does not. */
const KIND_PRIOR: Record<string, number> = {
  deploy: 1,
  config: 0.95,
  model: 0.8,
  prompt: 0.8,
  tools: 0.8,
  scale: 0.45,
  healing: 0.35,
};
/** What runs is what ran before: such a round trip can still restart things, empty caches and leave data behind, as an operation can. */
const UNDONE = KIND_PRIOR.healing!;
/** A kind that names nothing running (a document, a note, a ticket) can hardly break it. */
const OTHER_KIND = 0.3;
/** Not on any call path from the target: shared hosts and brokers remain possible. */
const OFF_PATH = 0.12;
/** Upstream of the target: what calls it may overload it. */
const CALLER = 0.35;
/** Each call further away leaves this much. */
const PER_CALL = 0.85;
const NEVER_SEEN_BEFORE = 0.5;
/** Beside changes whose diffs were read, one that nobody could read is an ordinary one. */
const UNREAD = 0.5;
/**
 * A cure was measured to have worked after it: it was taken back, or it takes something else besides it to do harm. As the
 * only change it still explains a relapse.
 */
const SURVIVED = 0.5;

/**
 * Changes as explanations of an onset, best first; those that came after it have score 0 and end the list. Factors multiply, so that
 * a decoy has to be plausible in time, place and kind at once and never wins by being the latest (as "what changed last?" does;
 * cf. the change ranking of Chen et al., FSE 2014 and Zhao et al., ESEC/FSE 2021, who combine time, dependency and text).
 * Ties keep the order of time, the later first, then of the list.
 */
export function rankChanges(q: ChangeQuestion): RankedChange[] {
  const { unsuspected, lagScaleS } = q.tuning ?? TUNING;
  const near = nearness(q);
  const most = Math.max(0, ...(q.suspicion?.values() ?? []));
  const seen = wordWeights(q.seen ?? []);
  const undone = undoneBy(q);
  const alterations = new Map(q.changes.map((change) => [change, alterationOf(change.diff, change.files, q.named)]));
  const unread = [...alterations.values()].some((alteration) => alteration !== null) ? UNREAD : 1;
  return q.changes
    .map((change): RankedChange => {
      const parts = {
        timing: timing(change, q, lagScaleS),
        distance: near(change.node),
        suspicion: most === 0 ? 1 : unsuspected + (1 - unsuspected) * ((q.suspicion!.get(change.node) ?? 0) / most),
        kind: KIND_PRIOR[change.kind.toLowerCase()] ?? OTHER_KIND,
        words: likeness([change.summary, ...(change.files ?? []), change.diff ?? ""].join(" "), seen),
        // What its like did before may be what it did itself, and was cured of.
        past: (change.survived ? null : q.pastBlame?.(change)) ?? NEVER_SEEN_BEFORE,
        survived: change.survived ? SURVIVED : 1,
        undone: undone.has(change) ? UNDONE : 1,
        version: q.version?.(change) ?? 1,
        alteration: alterations.get(change)?.weight ?? unread,
      };
      const { timing: t, distance, suspicion, kind, words, past, survived, undone: taken, version, alteration } = parts;
      return {
        change,
        parts,
        says: alterations.get(change)?.says ?? null,
        score: clamp(
          t *
            distance *
            suspicion *
            kind *
            (0.75 + 0.5 * words) *
            (0.5 + past) *
            survived *
            taken *
            version *
            alteration,
          0,
          1,
        ),
      };
    })
    .toSorted((a, b) => b.score - a.score || b.change.t - a.change.t);
}

/**
 * Changes of one node and kind that together changed nothing before the onset: the last of them brought back what ran before the first.
 * Trouble that begins when a version no longer runs is not that version's (the method of difference: Mill 1843, III.8). What was taken
 * back after the onset stays suspect, since the trouble began under it.
 */
function undoneBy({ changes, onset, target }: ChangeQuestion): Set<BundleChange> {
  const undone = new Set<BundleChange>();
  const began = (onset?.from ?? target.at) - CLOCK_SLACK_S;
  const before = changes.filter(({ t, survived }) => survived || t <= began).toSorted((a, b) => a.t - b.t);
  for (const line of grouped(before, ({ node, kind }) => JSON.stringify([node, kind])).values()) {
    // Where each state was last left: the first change after it.
    const left = new Map<string, number>();
    for (const [i, { from = line[i - 1]?.to, to }] of line.entries()) {
      if (from !== undefined) left.set(from, i);
      const first = to === undefined ? undefined : left.get(to);
      if (first !== undefined && first < i) for (const one of line.slice(first, i + 1)) undone.add(one);
    }
  }
  return undone;
}

function timing(change: BundleChange, { onset, target, exposure }: ChangeQuestion, lagScaleS: number): number {
  const { t } = change;
  const latest = (onset?.to ?? target.at) + CLOCK_SLACK_S;
  if (t > latest) return 0;
  const lag = Math.max(0, (onset?.at ?? target.at) - t) * (exposure?.(change) ?? 1);
  return (onset === null ? NO_ONSET_WEIGHT : 1) * (1 + lag / lagScaleS) ** -LAG_TAIL;
}

function nearness({ target, edges }: ChangeQuestion): (node: string) => number {
  const down = new Map<string, string[]>();
  const up = new Map<string, string[]>();
  for (const [caller, callee] of edges) {
    down.set(caller, [...(down.get(caller) ?? []), callee]);
    up.set(callee, [...(up.get(callee) ?? []), caller]);
  }
  const below = distances(target.node, down);
  const above = distances(target.node, up);
  return (node) => {
    const calls = below.get(node);
    if (calls !== undefined) return PER_CALL ** calls;
    const called = above.get(node);
    return called === undefined ? OFF_PATH : CALLER * PER_CALL ** (called - 1);
  };
}

/** Words too short say nothing; numbers are values. */
const WORD = /[a-z]{3,}/g;
const wordsIn = (text: string): Set<string> =>
  new Set(
    text
      .replace(/([a-z\d])([A-Z])/g, "$1 $2")
      .toLowerCase()
      .match(WORD) ?? [],
  );

/** Words of what was seen; those that stand in many of the texts say less (inverse document frequency, Spärck Jones 1972). */
function wordWeights(seen: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of seen) for (const word of wordsIn(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return new Map([...counts].map(([word, count]) => [word, Math.log(1 + seen.length / count)]));
}

/** Weighted share of a summary's words that were seen, 0 to 1. */
function likeness(summary: string, seen: ReadonlyMap<string, number>): number {
  const words = wordsIn(summary);
  if (words.size === 0 || seen.size === 0) return 0;
  const top = Math.max(...seen.values());
  let sum = 0;
  for (const word of words) sum += (seen.get(word) ?? 0) / top;
  return clamp(sum / Math.sqrt(words.size) / 1.5, 0, 1);
}
