import type { Anomaly } from "./anomaly";
import type { AnomalyType } from "./vocabulary";

/** An agent that left its baseline in a way that a shared dependency could explain. */
export interface Suspect {
  agentId: string;
  at: number;
  type: AnomalyType;
  model: string | null;
  provider: string | null;
  /** Tools that the anomaly implicates: the slow or failing one; empty when model calls are what is slow. */
  tools: readonly string[];
}

/** One of the live agents, with all it uses. */
export interface Member {
  agentId: string;
  model: string | null;
  provider: string | null;
  tools: readonly string[];
}

/** What agents may share, the narrowest first: calls to one tool, calls to one model, everything of a provider. */
export const DIMENSIONS = ["tool", "model", "provider"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface SharedCause {
  dimension: Dimension;
  value: string;
  agentIds: string[];
  /** Of the live agents that share it, how many joined: 0 to 1. */
  share: number;
}

export interface SharedCauseSettings {
  minAgents: number;
  minShare: number;
  /** Agents that leave their baselines within this many ms leave together. */
  windowMs: number;
}

/** What a slow or failing dependency looks like from an agent. Anything else is the agent's own, and never waits. */
export const WAITS_FOR_FLEET: ReadonlySet<AnomalyType> = new Set<AnomalyType>([
  "latency_spike",
  "error_rate_spike",
  "high_retry_rate",
]);

/**
 * Agents leave at different times because their own calls end at different times: a minute spans a slow call of each,
 * and unrelated anomalies of three agents in one minute are rare.
 */
export const SHARED_CAUSE: SharedCauseSettings = { minAgents: 3, minShare: 0.3, windowMs: 60_000 };

/**
 * How long a suspicion waits for others, in ms: `waitMs`, and as long again as the first call took that was too slow. Calls that
 * are as slow for others are only heard of once they end, so a shorter wait would hold whoever happened to call first. At
 * most a window.
 */
export function patience(anomalies: readonly Pick<Anomaly, "at" | "type" | "value">[], waitMs: number): number {
  const [first] = anomalies.filter(({ type }) => type === "latency_spike").toSorted((a, b) => a.at - b.at);
  return Math.min(SHARED_CAUSE.windowMs, waitMs + (first?.value ?? 0));
}

/**
 * Causes that several suspects share, each agent in one cause. A value (a tool, model or provider) qualifies if, within
 * one window, at least `minAgents` agents and `minShare` of the live agents that use it left their baselines: a scan
 * statistic over the window (Naus 1965). From that core on, later and earlier suspects of the same value belong to it
 * as long as no gap is longer than the window, as border points belong to a cluster (Ester et al. 1996), so that the
 * stragglers of a brown-out are not held one by one.
 *
 * The value that explains most agents is taken first, and narrowed where a narrower one explains it: a model of the
 * provider, if the provider's other users look healthy. In doubt the broader one stands, because an agent that no
 * cause explains is held. Its agents are taken out and the rest is looked at again. Anomaly types that do not wait for
 * the fleet are ignored; a suspect that is missing in `members` counts as live. The order of the input does not matter.
 */
export function sharedCauses(
  suspects: readonly Suspect[],
  members: readonly Member[],
  o: SharedCauseSettings = SHARED_CAUSE,
): SharedCause[] {
  const waiting = suspects.filter((s) => WAITS_FOR_FLEET.has(s.type)).toSorted((a, b) => a.at - b.at);
  const groups = groupByValue(waiting, members);
  const causes: SharedCause[] = [];
  for (;;) {
    const found = groups.map((g) => candidate(g, o)).filter((c) => c !== null);
    const broadest = found.toSorted((a, b) => b.agents.size - a.agents.size || b.users - a.users || byName(a, b))[0];
    if (!broadest) return causes;
    const { group, agents, users } = narrow(broadest, found, o);
    causes.push({
      dimension: group.dimension,
      value: group.value,
      agentIds: [...agents].toSorted(),
      share: agents.size / users,
    });
    for (const g of groups) remove(g, agents);
  }
}

/** Everybody who uses one value, and the suspects among them by time. */
interface Group {
  dimension: Dimension;
  value: string;
  users: Set<string>;
  suspects: Suspect[];
}

/** A group whose suspects left together. */
interface Candidate {
  group: Group;
  agents: Set<string>;
  users: number;
}

function groupByValue(waiting: readonly Suspect[], members: readonly Member[]): Group[] {
  const groups = new Map<string, Group>();
  const groupsOf = (m: Member): Group[] => {
    const keys: [Dimension, string | null][] = [...new Set(m.tools)].map((tool) => ["tool", tool]);
    keys.push(["model", m.model], ["provider", m.provider]);
    return keys.flatMap(([dimension, value]) => {
      if (value === null) return [];
      const key = `${dimension}:${value}`;
      const group = groups.get(key) ?? { dimension, value, users: new Set<string>(), suspects: [] };
      groups.set(key, group);
      return [group];
    });
  };
  for (const m of members) for (const g of groupsOf(m)) g.users.add(m.agentId);
  for (const s of waiting) {
    for (const g of groupsOf(s)) {
      g.users.add(s.agentId);
      g.suspects.push(s);
    }
  }
  return [...groups.values()].filter((g) => g.suspects.length > 0);
}

function candidate(group: Group, o: SharedCauseSettings): Candidate | null {
  const core = densest(group.suspects, o.windowMs);
  // Without a suspect there is no cause, however low an operator sets the bounds; this also ends the search.
  if (core.agents === 0 || core.agents < o.minAgents || core.agents < o.minShare * group.users.size) return null;
  return { group, agents: reach(group.suspects, core.start, o.windowMs), users: group.users.size };
}

/** The window, closed at both ends, with most distinct agents: where it starts in the list, and how many they are. */
function densest(suspects: readonly Suspect[], windowMs: number): { start: number; agents: number } {
  const inside = new Map<string, number>();
  let best = { start: 0, agents: 0 };
  let start = 0;
  for (const s of suspects) {
    inside.set(s.agentId, (inside.get(s.agentId) ?? 0) + 1);
    for (let first = suspects[start]; first && s.at - first.at > windowMs; first = suspects[++start]) {
      const rest = (inside.get(first.agentId) ?? 0) - 1;
      if (rest > 0) inside.set(first.agentId, rest);
      else inside.delete(first.agentId);
    }
    if (inside.size > best.agents) best = { start, agents: inside.size };
  }
  return best;
}

/** All agents around a suspect whose gaps in time are at most a window. */
function reach(suspects: readonly Suspect[], start: number, windowMs: number): Set<string> {
  const agents = new Set<string>();
  for (const step of [1, -1]) {
    let last: Suspect | undefined;
    for (let i = start, s = suspects[i]; s && Math.abs(s.at - (last ?? s).at) <= windowMs; s = suspects[(i += step)]) {
      agents.add(s.agentId);
      last = s;
    }
  }
  return agents;
}

/** The most specific value that still explains what the broadest does. */
function narrow(broadest: Candidate, found: readonly Candidate[], o: SharedCauseSettings): Candidate {
  const explains = (c: Candidate) => {
    const others = without(broadest.group.users, c.group.users).size;
    const left = without(broadest.agents, c.agents).size;
    return left < o.minAgents && left <= o.minShare * others;
  };
  const share = (c: Candidate) => c.agents.size / c.users;
  return (
    found
      .filter(explains)
      .toSorted((a, b) => share(b) - share(a) || b.agents.size - a.agents.size || byName(a, b))[0] ?? broadest
  );
}

function byName(a: Candidate, b: Candidate): number {
  const dimension = DIMENSIONS.indexOf(a.group.dimension) - DIMENSIONS.indexOf(b.group.dimension);
  return dimension || (a.group.value < b.group.value ? -1 : 1);
}

function remove(group: Group, agents: ReadonlySet<string>): void {
  group.suspects = group.suspects.filter((s) => !agents.has(s.agentId));
  group.users = without(group.users, agents);
}

function without(set: ReadonlySet<string>, gone: ReadonlySet<string>): Set<string> {
  return new Set([...set].filter((id) => !gone.has(id)));
}
