import type { AgentAction, PolicyAnswer, Standing } from "../base/vocabulary";

/** What was done about one agent that left its baseline, in the record or in a replay. Times are epoch ms. */
export interface Treatment {
  agentId: string;
  incidentId: string;
  /** When the gravest evidence first spoke, and the place of that sample in the order of arrival; null: time alone showed it. */
  at: number;
  seq: number | null;
  openedAt: number;
  /** When it was over: released, back in band, closed. Null: not within the replay. */
  endedAt: number | null;
  standing: Standing;
  /** When it was quarantined; null: it was not. */
  heldAt: number | null;
  reason: string;
  /** 0 to 10. */
  severity: number;
  /** Samples that carried the evidence: the change began about so many samples before. */
  samples: number;
  /** What was proposed first, and what policy said of it. */
  proposal: { action: AgentAction; policy: PolicyAnswer; reason: string } | null;
}

/** Treatments of one agent that follow each other so closely that people would call them one. */
export interface Episode extends Treatment {
  /** How often it was quarantined in it. */
  holds: number;
}

/**
 * What another policy makes of the same moment. `hold`, `no_hold`: quarantined under the changed settings alone, under today's alone.
 * `earlier`, `later`: under both. `incident`, `no_incident`: nobody is quarantined, but an incident is opened under one of them
 * alone. `handling`: noticed at the same sample, treated or asked about differently.
 */
export const DIFFERENCES = ["hold", "no_hold", "earlier", "later", "incident", "no_incident", "handling"] as const;
export type DifferenceKind = (typeof DIFFERENCES)[number];

export interface Difference {
  kind: DifferenceKind;
  today: Episode | null;
  changed: Episode | null;
}

/** Two treatments of an agent less than this apart are one illness, in ms: the time after which a replay lets go of whom it held. */
export const EPISODE_MS = 3_600_000;

/** From the mildest to what is done about it first: an episode is called by the strongest. */
const RANK: readonly Standing[] = ["shared_cause", "recommended", "would_hold", "limited", "held"];

/** Treatments by agent, those of one illness together, in order of time. */
export function episodes(treatments: readonly Treatment[]): Episode[] {
  const found: Episode[] = [];
  const last = new Map<string, Episode>();
  for (const treatment of treatments.toSorted((a, b) => a.openedAt - b.openedAt || a.at - b.at)) {
    const before = last.get(treatment.agentId);
    const holds = Number(treatment.standing === "held");
    if (before && treatment.openedAt - (before.endedAt ?? Infinity) < EPISODE_MS) {
      if (RANK.indexOf(treatment.standing) > RANK.indexOf(before.standing)) {
        const { standing, heldAt, reason, incidentId, proposal } = treatment;
        Object.assign(before, { standing, heldAt, reason, incidentId, proposal: proposal ?? before.proposal });
      }
      before.proposal ??= treatment.proposal;
      before.holds += holds;
      before.severity = Math.max(before.severity, treatment.severity);
      before.endedAt = latest(before.endedAt, treatment.endedAt);
      continue;
    }
    const episode = { ...treatment, holds };
    last.set(treatment.agentId, episode);
    found.push(episode);
  }
  return found;
}

const latest = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : Math.max(a, b);

/** Pairs of episodes that are about the same: of one agent, at the same time or shortly after one another, the nearest first. */
export function paired(left: readonly Episode[], right: readonly Episode[]): [Episode | null, Episode | null][] {
  const near = left
    .flatMap((a) => right.filter((b) => together(a, b)).map((b) => ({ a, b, apart: Math.abs(a.at - b.at) })))
    .toSorted((x, y) => x.apart - y.apart);
  const taken = new Set<Episode>();
  const pairs: [Episode | null, Episode | null][] = [];
  for (const { a, b } of near) {
    if (taken.has(a) || taken.has(b)) continue;
    taken.add(a).add(b);
    pairs.push([a, b]);
  }
  for (const a of left) if (!taken.has(a)) pairs.push([a, null]);
  for (const b of right) if (!taken.has(b)) pairs.push([null, b]);
  return pairs.toSorted((x, y) => startOf(x) - startOf(y));
}

const startOf = ([a, b]: [Episode | null, Episode | null]): number => Math.min(a?.at ?? Infinity, b?.at ?? Infinity);

function together(a: Episode, b: Episode): boolean {
  if (a.agentId !== b.agentId) return false;
  const [first, second] = a.at <= b.at ? [a, b] : [b, a];
  return second.at - first.at < EPISODE_MS || second.at <= (first.endedAt ?? Infinity);
}

/**
 * What differs between two replays of the same samples, in order of time. `toleranceMs`: holds of the same sample that are no further
 * apart are at the same time.
 */
export function differences(today: readonly Episode[], changed: readonly Episode[], toleranceMs: number): Difference[] {
  return paired(today, changed).flatMap(([before, after]) => {
    const kind = kindOf(before, after, toleranceMs);
    return kind === null ? [] : [{ kind, today: before, changed: after }];
  });
}

function kindOf(before: Episode | null, after: Episode | null, toleranceMs: number): DifferenceKind | null {
  const held = [before?.standing === "held", after?.standing === "held"];
  if (held[0] !== held[1]) return held[1] ? "hold" : "no_hold";
  if (before === null) return "incident";
  if (after === null) return "no_incident";
  if (before.seq !== after.seq && before.seq !== null && after.seq !== null)
    return after.seq < before.seq ? "earlier" : "later";
  const apart = (after.heldAt ?? after.at) - (before.heldAt ?? before.at);
  if (Math.abs(apart) > toleranceMs) return apart < 0 ? "earlier" : "later";
  const [a, b] = [before.proposal, after.proposal];
  const same = before.standing === after.standing && a?.policy === b?.policy && a?.action === b?.action;
  return same ? null : "handling";
}

/** How often each thing happened. */
export interface Totals {
  episodes: number;
  held: number;
  would_hold: number;
  limited: number;
  shared_cause: number;
  /** First proposals: a person was asked; it ran unasked; it was refused; it was only recorded. */
  asked: number;
  ran: number;
  refused: number;
  recorded: number;
}

export function totals(list: readonly Episode[]): Totals {
  const standing = (one: Standing) => list.filter((episode) => episode.standing === one).length;
  const policy = (one: PolicyAnswer) => list.filter(({ proposal }) => proposal?.policy === one).length;
  return {
    episodes: list.length,
    held: standing("held"),
    would_hold: standing("would_hold"),
    limited: standing("limited"),
    shared_cause: standing("shared_cause"),
    asked: policy("ask"),
    ran: policy("run"),
    refused: policy("refuse"),
    recorded: policy("record"),
  };
}
