import type { Anomaly } from "../detection/anomaly";
import { WAITS_FOR_FLEET } from "./explained";
import type { AnomalyType } from "../base/vocabulary";

/** An agent that left its baseline in a way that a shared dependency could explain. */
export interface Suspect {
  agentId: string;
  /** The key that speaks for the agent: agents of one key are one party's word, and those of no known key are another. */
  keyId?: string | null;
  at: number;
  type: AnomalyType;
  model: string | null;
  provider: string | null;
  /**
   * The tools whose calls are slow or failing, which then say nothing of the model; empty when it is the model's calls. Of a run that
   * hangs all tools of the agent: which call has not ended is not known, and it may be the model's as well.
   */
  tools: readonly string[];
}

/** One of the live agents, with all it uses. */
export interface Member {
  agentId: string;
  keyId?: string | null;
  model: string | null;
  provider: string | null;
  tools: readonly string[];
}

/**
 * What agents may share, the narrowest first: calls to one tool, calls to one model, everything of a provider, and, for those
 * who report with one key, where they run (see slow-everywhere.ts).
 */
export const DIMENSIONS = ["tool", "model", "provider", "key"] as const;
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
  /** Keys that must suffer before what one key's agents report explains another key's agents. */
  minKeys: number;
  /** Agents that leave their baselines within this many ms leave together. */
  windowMs: number;
}

/**
 * Whether a cause that these others are in explains one more agent: at least `least` of them speak with its own key, or
 * enough distinct keys suffer. Any number of agents of one other key proves nothing: whoever holds that key can invent them.
 */
export function isCorroborated(keyId: string | null, others: readonly (string | null)[], least: number): boolean {
  const own = others.filter((other) => other === keyId).length;
  return own >= least || new Set([...others, keyId]).size >= SHARED_CAUSE.minKeys;
}

/**
 * Agents leave at different times because their own calls end at different times: a minute spans a slow call of each,
 * and unrelated anomalies of three agents in one minute are rare. Two keys may be an attacker's and the victim's; with three, two
 * parties that have nothing to do with each other report the same.
 */
export const SHARED_CAUSE: SharedCauseSettings = { minAgents: 3, minShare: 0.3, minKeys: 3, windowMs: 60_000 };

/**
 * How long a suspicion waits for others, in ms: `waitMs`, and as long again as the first call took, or had taken without an end, that was
 * too slow. Calls that are as slow for others are only heard of once they end, so a shorter wait would hold whoever happened to call first.
 * At most a window.
 */
export function sharedCauseWaitMs(
  anomalies: readonly Pick<Anomaly, "at" | "type" | "value">[],
  waitMs: number,
): number {
  const [first] = anomalies
    .filter(({ type }) => type === "latency_spike" || type === "stuck_run")
    .toSorted((a, b) => a.at - b.at);
  return Math.min(SHARED_CAUSE.windowMs, waitMs + (first?.value ?? 0));
}

/**
 * Causes that several suspects share, each agent in one cause. A value (a tool, model or provider) qualifies if, within
 * one window, at least `minAgents` agents and `minShare` of the live agents that use it left their baselines: a scan
 * statistic over the window (Naus 1965). That is counted within each key, since agents are easily invented and their
 * reports are only their key's word: one key's agents form a cause for agents of that key alone. A cause covers all keys once
 * `minKeys` of them and `minShare` of those that use the value suffer, each in `minShare` of its agents. From that core on, later and earlier suspects of the same value belong to it
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
    const broadest = found.toSorted(
      (a, b) => b.agents.size - a.agents.size || b.users.size - a.users.size || byName(a, b),
    )[0];
    if (!broadest) return causes;
    const { group, agents, users } = narrow(broadest, found, o);
    causes.push({
      dimension: group.dimension,
      value: group.value,
      agentIds: [...agents].toSorted(),
      share: agents.size / users.size,
    });
    for (const g of groups) remove(g, agents);
  }
}

/** Everybody who uses one value, with their keys, and the suspects among them by time. */
interface Group {
  dimension: Dimension;
  value: string;
  users: Users;
  suspects: Suspect[];
}

export type Users = Map<string, string | null>;

/** A group whose suspects left together. */
interface Candidate {
  group: Group;
  agents: Set<string>;
  /** Those that the cause was counted over: all who use the value, or those of the keys that it holds for. */
  users: Users;
}

function groupByValue(waiting: readonly Suspect[], members: readonly Member[]): Group[] {
  const groups = new Map<string, Group>();
  const groupsOf = (values: [Dimension, string | null][]): Group[] =>
    values.flatMap(([dimension, value]) => {
      if (value === null) return [];
      const key = `${dimension}:${value}`;
      const group = groups.get(key) ?? { dimension, value, users: new Map(), suspects: [] };
      groups.set(key, group);
      return [group];
    });
  const toolsOf = (m: Member): [Dimension, string | null][] => [...new Set(m.tools)].map((tool) => ["tool", tool]);
  const modelOf = (m: Member): [Dimension, string | null][] => [
    ["model", m.model],
    ["provider", m.provider],
  ];
  for (const m of members)
    for (const g of groupsOf([...toolsOf(m), ...modelOf(m)])) g.users.set(m.agentId, m.keyId ?? null);
  for (const s of waiting) {
    const tools = toolsOf(s);
    for (const g of groupsOf(tools.length > 0 && s.type !== "stuck_run" ? tools : [...tools, ...modelOf(s)])) {
      g.users.set(s.agentId, s.keyId ?? null);
      g.suspects.push(s);
    }
  }
  return [...groups.values()].filter((g) => g.suspects.length > 0);
}

/** The group's cause: over all keys if enough of them suffer, else of the keys for which it holds by their own agents. */
function candidate(group: Group, o: SharedCauseSettings): Candidate | null {
  const all = together(group.suspects, group.users, o);
  if (all && spansKeys(all.core, group.users, o)) return { group, agents: all.agents, users: group.users };
  const agents = new Set<string>();
  const users: Users = new Map();
  const usersOf = byKey([...group.users.keys()], (id) => group.users.get(id) ?? null);
  for (const [key, suspects] of byKey(group.suspects, (s) => s.keyId ?? null)) {
    const own: Users = new Map((usersOf.get(key) ?? []).map((id) => [id, key]));
    const part = together(suspects, own, o);
    if (!part) continue;
    for (const id of part.agents) agents.add(id);
    for (const id of own.keys()) users.set(id, key);
  }
  return agents.size > 0 ? { group, agents, users } : null;
}

function byKey<T>(list: readonly T[], keyOf: (one: T) => string | null): Map<string | null, T[]> {
  const parts = new Map<string | null, T[]>();
  for (const one of list) {
    const key = keyOf(one);
    const part = parts.get(key);
    if (part) part.push(one);
    else parts.set(key, [one]);
  }
  return parts;
}

/** The suspects, by time, that left within one window, if they are enough, and all that belong to them. */
export function together(
  suspects: readonly Suspect[],
  users: Users,
  o: SharedCauseSettings,
): { core: Set<string>; agents: Set<string> } | null {
  const { start, core } = densest(suspects, o.windowMs);
  // Without a suspect there is no cause, however low an operator sets the bounds; this also ends the search.
  if (core.size === 0 || core.size < o.minAgents || core.size < o.minShare * users.size) return null;
  return { core, agents: reach(suspects, start, o.windowMs) };
}

/** Whether enough keys suffer, each in enough of its agents. */
function spansKeys(core: ReadonlySet<string>, users: Users, o: SharedCauseSettings): boolean {
  const counts = new Map<string | null, { users: number; core: number }>();
  for (const [id, key] of users) {
    const count = counts.get(key) ?? { users: 0, core: 0 };
    counts.set(key, { users: count.users + 1, core: count.core + Number(core.has(id)) });
  }
  const suffering = [...counts.values()].filter((count) => count.core > 0 && count.core >= o.minShare * count.users);
  return suffering.length >= o.minKeys && suffering.length >= o.minShare * counts.size;
}

/** The window, closed at both ends, with most distinct agents: where it starts in the list, and who they are. */
function densest(suspects: readonly Suspect[], windowMs: number): { start: number; core: Set<string> } {
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
  const from = suspects[best.start];
  const core = suspects.slice(best.start).filter((s) => from && s.at - from.at <= windowMs);
  return { start: best.start, core: new Set(core.map((s) => s.agentId)) };
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
    const others = [...broadest.users.keys()].filter((id) => !c.users.has(id)).length;
    const left = [...broadest.agents].filter((id) => !c.agents.has(id)).length;
    return left < o.minAgents && left <= o.minShare * others;
  };
  const share = (c: Candidate) => c.agents.size / c.users.size;
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
  for (const id of agents) group.users.delete(id);
}
